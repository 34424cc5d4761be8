/* Publishes and receives within this process, as often as each line of the input says: "small N" or "large N".
 * Prints the nanoseconds that each pair took. The argument is a directory for the domain. */
#include <slotcast.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Small {
    uint64_t words[8];
} Small;
SC_STRUCT(Small, "Small", 0, SC_ARRAY(Small, words, SC_U64, 8));

enum { LARGE = 4 << 20 };

typedef struct Pair {
    sc_publisher *publisher;
    sc_subscriber *subscriber;
} Pair;

static void check(sc_code code) {
    if (code != SC_OK) {
        fprintf(stderr, "%s\n", sc_last_error());
        exit(1);
    }
}

static Pair pair(const char *topic, const sc_schema *schema, const char *domain) {
    sc_publisher_options publishing = sc_publisher_options_default();
    sc_subscriber_options subscribing = sc_subscriber_options_default();
    Pair made = {NULL, NULL};
    publishing.domain = domain;
    publishing.max_len = LARGE;
    subscribing.domain = domain;
    check(sc_publisher_create(topic, schema, &publishing, &made.publisher));
    check(sc_subscriber_create(topic, schema, &subscribing, &made.subscriber));
    return made;
}

static void small(Pair to, uint64_t count) {
    Small message = {{0}};
    for (uint64_t number = 0; number < count; number++) {
        sc_message received = sc_message_none();
        message.words[0] = number;
        check(sc_publish(to.publisher, &message, sizeof message, false, NULL));
        check(sc_receive(to.subscriber, 0, &received));
        if (((const Small *)received.data)->words[0] != number) {
            exit(2);
        }
        sc_message_release(&received);
    }
}

static void large(Pair to, uint64_t count) {
    for (uint64_t number = 0; number < count; number++) {
        sc_loan loan = sc_loan_none();
        sc_message received = sc_message_none();
        check(sc_loan_create(to.publisher, LARGE, &loan));
        *(uint64_t *)loan.data = number;
        check(sc_loan_send(to.publisher, &loan, false, NULL));
        check(sc_receive(to.subscriber, 0, &received));
        if (!received.in_place || *(const uint64_t *)received.data != number) {
            exit(2);
        }
        sc_message_release(&received);
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv) {
    sc_schema *small_schema = NULL, *large_schema = NULL;
    char what[8];
    uint64_t count;
    if (argc != 2) {
        return 3;
    }
    check(sc_schema_describe(SC_TYPE(Small), &small_schema));
    check(sc_schema_describe_slice(NULL, NULL, SC_U8, &large_schema));
    const Pair smalls = pair("c/small", small_schema, argv[1]), larges = pair("c/large", large_schema, argv[1]);
    while (scanf("%7s %" SCNu64, what, &count) == 2) {
        const double start = now();
        if (what[0] == 's') {
            small(smalls, count);
        } else {
            large(larges, count);
        }
        printf("%.3f\n", (now() - start) / (double)count);
        fflush(stdout);
    }
    sc_publisher_free(smalls.publisher);
    sc_publisher_free(larges.publisher);
    sc_subscriber_free(smalls.subscriber);
    sc_subscriber_free(larges.subscriber);
    sc_schema_free(small_schema);
    sc_schema_free(large_schema);
    return 0;
}

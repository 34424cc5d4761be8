/* Counts allocations while messages are exchanged. Linked with --wrap for each function here. */
#include <slotcast.h>

#include <stdio.h>
#include <stdlib.h>

static unsigned long count;

void *__real_malloc(size_t size);
void *__real_calloc(size_t number, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
int __real_posix_memalign(void **out, size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size);

void *__wrap_malloc(size_t size) {
    count++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size) {
    count++;
    return __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t size) {
    count++;
    return __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
    count++;
    return __real_aligned_alloc(align, size);
}

int __wrap_posix_memalign(void **out, size_t align, size_t size) {
    count++;
    return __real_posix_memalign(out, align, size);
}

typedef struct Small {
    uint64_t words[8];
} Small;
SC_STRUCT(Small, "Small", 0, SC_ARRAY(Small, words, SC_U64, 8));

static void check(sc_code code) {
    if (code != SC_OK) {
        fprintf(stderr, "%s\n", sc_last_error());
        exit(1);
    }
}

static void exchange(sc_publisher *publisher, sc_subscriber *subscriber, int times) {
    const Small message = {{1, 2, 3, 4, 5, 6, 7, 8}};
    sc_message received = sc_message_none();
    sc_loan loan = sc_loan_none();
    for (int i = 0; i < times; i++) {
        check(sc_publish(publisher, &message, sizeof message, false, NULL));
        check(sc_receive(subscriber, 0, &received));
        sc_message_release(&received);
        check(sc_loan_create(publisher, 1, &loan));
        *(Small *)loan.data = message;
        check(sc_loan_send(publisher, &loan, false, NULL));
        check(sc_receive(subscriber, 0, &received));
        sc_message_release(&received);
    }
}

int main(void) {
    sc_publisher_options publishing = sc_publisher_options_default();
    sc_subscriber_options subscribing = sc_subscriber_options_default();
    sc_schema *schema = NULL;
    sc_publisher *publisher = NULL;
    sc_subscriber *subscriber = NULL;
    publishing.domain = subscribing.domain = getenv("SLOTCAST_TEST_DOMAIN");
    check(sc_schema_describe(SC_TYPE(Small), &schema));
    check(sc_publisher_create("c/small", schema, &publishing, &publisher));
    check(sc_subscriber_create("c/small", schema, &subscribing, &subscriber));
    const unsigned long created = count;
    exchange(publisher, subscriber, 10);
    const unsigned long before = count;
    exchange(publisher, subscriber, 100000);
    printf("%lu allocations of 200000 messages, %s before\n", count - before, created > 0 ? "some" : "none");
    sc_subscriber_free(subscriber);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
    return 0;
}

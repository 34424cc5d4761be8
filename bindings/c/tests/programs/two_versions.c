/* Two versions of the library in one process, whose files are the arguments. Each is used by itself, and what one
 * publishes the other receives. */
#include <dlfcn.h>
#include <slotcast.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_NS INT64_C(60000000000)
#define COUNT 100u

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                                    \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

typedef struct Tick {
    uint64_t count;
} Tick;
SC_STRUCT(Tick, "Tick", 0, SC_FIELD(Tick, count, SC_U64));

/* The functions of one version that this program uses. */
#define FUNCTIONS(each)                                                                                                \
    each(sc_last_error) each(sc_schema_describe) each(sc_schema_describe_slice) each(sc_schema_free)                   \
    each(sc_schema_hash) each(sc_publisher_create) each(sc_publisher_free) each(sc_publish) each(sc_loan_create)       \
    each(sc_loan_send) each(sc_subscriber_create) each(sc_subscriber_free) each(sc_receive)                            \
    each(sc_message_release)

#define DECLARE(function) __typeof__(&function) function;
#define LOAD(function)                                                                                                 \
    *(void **)&api.function = dlsym(api.library, #function);                                                           \
    EXPECT(api.function != NULL);

typedef struct Api {
    void *library;
    FUNCTIONS(DECLARE)
} Api;

static Api load(const char *path) {
    Api api;
    api.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (api.library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    FUNCTIONS(LOAD)
    return api;
}

static sc_publisher *publisher_of(const Api *api, const char *topic, const sc_schema *schema) {
    sc_publisher_options options = sc_publisher_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    options.lossless_ns = PATIENCE_NS;
    sc_publisher *publisher = NULL;
    EXPECT(api->sc_publisher_create(topic, schema, &options, &publisher) == SC_OK);
    return publisher;
}

static sc_subscriber *subscriber_of(const Api *api, const char *topic, const sc_schema *schema) {
    sc_subscriber_options options = sc_subscriber_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    options.lossless = true;
    sc_subscriber *subscriber = NULL;
    EXPECT(api->sc_subscriber_create(topic, schema, &options, &subscriber) == SC_OK);
    return subscriber;
}

static void ticks(const Api *from, const Api *to) {
    sc_schema *sent = NULL, *read = NULL;
    EXPECT(from->sc_schema_describe(SC_TYPE(Tick), &sent) == SC_OK);
    EXPECT(to->sc_schema_describe(SC_TYPE(Tick), &read) == SC_OK);
    sc_subscriber *subscriber = subscriber_of(to, "versions/ticks", read);
    sc_publisher *publisher = publisher_of(from, "versions/ticks", sent);
    for (Tick tick = {0}; tick.count < COUNT; tick.count++) {
        EXPECT(from->sc_publish(publisher, &tick, sizeof tick, true, NULL) == SC_OK);
        sc_message message = sc_message_none();
        EXPECT(to->sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK && message.lost_before == 0);
        EXPECT(((const Tick *)message.data)->count == tick.count);
        to->sc_message_release(&message);
    }
    from->sc_publisher_free(publisher);
    to->sc_subscriber_free(subscriber);
    from->sc_schema_free(sent);
    to->sc_schema_free(read);
}

/* Large messages, which are read where they were written. */
static void frames(const Api *from, const Api *to) {
    sc_schema *sent = NULL, *read = NULL;
    EXPECT(from->sc_schema_describe_slice(NULL, NULL, SC_U8, &sent) == SC_OK);
    EXPECT(to->sc_schema_describe_slice(NULL, NULL, SC_U8, &read) == SC_OK);
    sc_subscriber *subscriber = subscriber_of(to, "versions/frames", read);
    sc_publisher *publisher = publisher_of(from, "versions/frames", sent);
    for (unsigned i = 0; i < COUNT; i++) {
        sc_loan loan = sc_loan_none();
        EXPECT(from->sc_loan_create(publisher, 100000, &loan) == SC_OK && loan.size == 100000);
        memset(loan.data, (int)i, 100000);
        EXPECT(from->sc_loan_send(publisher, &loan, true, NULL) == SC_OK);
        sc_message message = sc_message_none();
        EXPECT(to->sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK && message.in_place);
        EXPECT(message.size == 100000 && ((const uint8_t *)message.data)[99999] == i);
        to->sc_message_release(&message);
    }
    to->sc_subscriber_free(subscriber);
    from->sc_publisher_free(publisher);
    from->sc_schema_free(sent);
    to->sc_schema_free(read);
}

int main(int argc, char **argv) {
    EXPECT(argc == 3);
    const Api one = load(argv[1]), other = load(argv[2]);
    EXPECT(one.sc_publish != other.sc_publish);
    const Api *both[] = {&one, &other};
    for (int from = 0; from < 2; from++) {
        for (int to = 0; to < 2; to++) {
            ticks(both[from], both[to]);
            frames(both[from], both[to]);
        }
    }
    /* A handle of one is none of the other. */
    sc_schema *schema = NULL;
    char hash[33];
    EXPECT(one.sc_schema_describe(SC_TYPE(Tick), &schema) == SC_OK);
    EXPECT(one.sc_schema_hash(schema, hash) == SC_OK);
    EXPECT(other.sc_schema_hash(schema, hash) == SC_ERROR_ARGUMENT && strstr(other.sc_last_error(), "handle") != NULL);
    one.sc_schema_free(schema);
    /* The text of an error is that of the version which was called. */
    EXPECT(one.sc_publish(NULL, NULL, 0, true, NULL) == SC_ERROR_ARGUMENT);
    EXPECT(strstr(one.sc_last_error(), "null") != NULL && strcmp(one.sc_last_error(), other.sc_last_error()) != 0);
    /* Unloading is harmless: the library stays. */
    EXPECT(dlclose(one.library) == 0 && dlclose(other.library) == 0);
    return 0;
}

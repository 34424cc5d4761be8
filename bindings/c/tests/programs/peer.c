/* One side of a test: its first argument says which. The domain is that of $SLOTCAST_TEST_DOMAIN. */
#include <slotcast.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library asserts the same of its own. */
_Static_assert(sizeof(sc_publisher_options) == 80 && offsetof(sc_publisher_options, exclusive) == 72, "options");
_Static_assert(sizeof(sc_subscriber_options) == 64 && offsetof(sc_subscriber_options, latest) == 56, "options");
_Static_assert(sizeof(sc_message) == 112 && offsetof(sc_message, in_place) == 72, "a message");
_Static_assert(sizeof(sc_peer_status) == 224 && offsetof(sc_peer_status, name) == 66, "the state of a peer");
_Static_assert(sizeof(sc_partial_parts) == 64 && offsetof(sc_partial_parts, state) == 56, "parts of a message");
_Static_assert(sizeof(sc_notice) == 40 && offsetof(sc_notice, pid) == 32, "a notice");
_Static_assert(sizeof(sc_loan) == 96 && offsetof(sc_loan, private_) == 32, "a loan");
_Static_assert(sizeof(sc_ready) == 16 && sizeof(sc_member_event) == 512, "reports");

#define COUNT 1000u
#define PATIENCE_NS INT64_C(60000000000)

typedef struct Imu {
    uint64_t stamp_ns;
    float accel[3];
    float gyro[3];
    bool valid;
    uint8_t pad[7];
} Imu;
SC_STRUCT(Imu, "Imu", 0, SC_FIELD(Imu, stamp_ns, SC_U64), SC_ARRAY(Imu, accel, SC_F32, 3),
          SC_ARRAY(Imu, gyro, SC_F32, 3), SC_FIELD(Imu, valid, SC_BOOL), SC_PAD(Imu, pad));

/* The same, but for one field. */
typedef struct Other {
    uint64_t stamp_ns;
    double accel[3];
} Other;
SC_STRUCT(Other, "Imu", 0, SC_FIELD(Other, stamp_ns, SC_U64), SC_ARRAY(Other, accel, SC_F64, 3));

typedef struct FrameInfo {
    uint64_t number;
} FrameInfo;
SC_STRUCT(FrameInfo, "FrameInfo", 0, SC_FIELD(FrameInfo, number, SC_U64));

static void expect_at(int line, bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "line %d: %s; the last error: %s\n", line, what, sc_last_error());
        exit(1);
    }
}
#define EXPECT(condition) expect_at(__LINE__, condition, #condition)

/* The code, and a part of the text. */
#define EXPECT_ERROR(call, expected, part)                                                                             \
    do {                                                                                                               \
        EXPECT((call) == (expected));                                                                                  \
        EXPECT(strstr(sc_last_error(), part) != NULL);                                                                 \
    } while (0)

static void say(const char *line) {
    printf("%s\n", line);
    fflush(stdout);
}

static Imu imu(uint64_t i) {
    Imu made = {.stamp_ns = i, .accel = {(float)i, 1, 2}, .valid = i % 2 == 0};
    return made;
}

static sc_schema *schema_of(const sc_type *type) {
    sc_schema *schema = NULL;
    EXPECT(sc_schema_describe(type, &schema) == SC_OK);
    return schema;
}

static sc_publisher *publisher_of(const sc_schema *schema) {
    sc_publisher_options options = sc_publisher_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    options.lossless_ns = PATIENCE_NS;
    options.timestamps = true;
    sc_publisher *publisher = NULL;
    EXPECT(sc_publisher_create("c/topic", schema, &options, &publisher) == SC_OK);
    return publisher;
}

static sc_subscriber *subscriber_of(const sc_schema *schema) {
    sc_subscriber_options options = sc_subscriber_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    options.lossless = true;
    sc_subscriber *subscriber = NULL;
    EXPECT(sc_subscriber_create("c/topic", schema, &options, &subscriber) == SC_OK);
    return subscriber;
}

static void publish(uint64_t count) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_publisher *publisher = publisher_of(schema);
    bool there = false;
    EXPECT(sc_publisher_wait_for_subscribers(publisher, 1, PATIENCE_NS, &there) == SC_OK && there);
    for (uint64_t i = 0; i < count; i++) {
        const Imu message = imu(i);
        uint64_t sequence = 0;
        EXPECT(sc_publish(publisher, &message, sizeof message, true, &sequence) == SC_OK && sequence == i);
        if (i == 0) {
            say("published");
        }
    }
    EXPECT(sc_publisher_close(publisher, PATIENCE_NS) == SC_OK);
    sc_schema_free(schema);
}

static void receive(void) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_subscriber *subscriber = subscriber_of(schema);
    say("ready");
    sc_message many[8] = {sc_message_none()};
    uint64_t next = 0, count = 0;
    while (next < COUNT) {
        sc_message message = sc_message_none();
        EXPECT(sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK);
        const Imu expected = imu(next++);
        EXPECT(message.size == sizeof expected && memcmp(message.data, &expected, sizeof expected) == 0);
        EXPECT(message.lost_before == 0);
        double x = 0;
        EXPECT(sc_schema_read_number(schema, "accel[0]", message.data, message.size, &x) == SC_OK);
        EXPECT(x == (double)expected.stamp_ns);
        sc_message_release(&message);
        sc_message_release(&message); /* once more is nothing */
        const sc_code code = sc_receive_many(subscriber, many, 8, &count);
        EXPECT(code == SC_OK || code == SC_EMPTY);
        for (uint64_t i = 0; i < count; i++) {
            EXPECT(((const Imu *)many[i].data)->stamp_ns == next++);
            sc_message_release(&many[i]);
        }
    }
    EXPECT(sc_subscriber_lost(subscriber) == 0);
    say("all received");
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
}

/* Reports what happens to publishers, until one has died. */
static void members(void) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_membership *membership = NULL;
    EXPECT(sc_subscriber_membership(subscriber, &membership) == SC_OK);
    say("ready");
    sc_member_event event;
    do {
        EXPECT(sc_membership_next(membership, PATIENCE_NS, &event) == SC_OK);
        printf("%u %u\n", event.kind, event.pid);
        fflush(stdout);
    } while (event.kind != SC_MEMBER_DIED);
    sc_membership_free(membership);
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
}

static void mismatch(void) {
    sc_schema *schema = schema_of(SC_TYPE(Other));
    sc_subscriber_options options = sc_subscriber_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    sc_subscriber *subscriber = NULL;
    sc_code code = sc_subscriber_create("c/topic", schema, &options, &subscriber);
    if (code == SC_OK) {
        sc_message message = sc_message_none();
        code = sc_receive(subscriber, PATIENCE_NS, &message);
    }
    EXPECT(code == SC_ERROR_MISMATCH);
    say(sc_last_error());
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
}

/* Frames with a header, written and read in place. */
static void slices(void) {
    sc_schema *schema = NULL;
    EXPECT(sc_schema_describe_slice(SC_TYPE(FrameInfo), NULL, SC_U8, &schema) == SC_OK);
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_publisher *publisher = publisher_of(schema);
    sc_loan loan = sc_loan_none();
    EXPECT(sc_loan_create(publisher, 100000, &loan) == SC_OK);
    const uint64_t elements_at = sc_schema_elements_at(schema);
    EXPECT(elements_at >= sizeof(FrameInfo) && loan.size == elements_at + 100000);
    ((FrameInfo *)loan.data)->number = 7;
    memset((uint8_t *)loan.data + elements_at, 200, 100000);
    EXPECT(sc_loan_send(publisher, &loan, true, NULL) == SC_OK);
    EXPECT_ERROR(sc_loan_send(publisher, &loan, true, NULL), SC_ERROR_ARGUMENT, "sent or given back before");
    sc_loan_release(&loan);
    sc_message message = sc_message_none();
    EXPECT(sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK);
    EXPECT(message.in_place && message.size == elements_at + 100000 && message.published_ns != 0);
    EXPECT(message.elements == 100000);
    EXPECT(((const FrameInfo *)message.data)->number == 7);
    double last = 0;
    EXPECT(sc_schema_read_number(schema, "elements[99999]", message.data, message.size, &last) == SC_OK && last == 200);
    EXPECT(sc_schema_read_number(schema, "elements[100000]", message.data, message.size, &last) == SC_EMPTY);
    sc_subscriber_free(subscriber); /* a message outlives its subscriber */
    EXPECT(((const uint8_t *)message.data)[message.size - 1] == 200);
    sc_message_release(&message);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
}

/* What a lossless subscriber has not read is in the way; the loan stays, and is sent later. */
static void full(void) {
    sc_schema *schema = NULL;
    EXPECT(sc_schema_describe_slice(NULL, NULL, SC_U32, &schema) == SC_OK);
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_publisher *publisher = publisher_of(schema);
    sc_loan loan = sc_loan_none();
    uint32_t sent = 0;
    sc_code code = SC_OK;
    while (code == SC_OK) {
        EXPECT(sc_loan_create(publisher, 1000, &loan) == SC_OK);
        *(uint32_t *)loan.data = sent;
        code = sc_loan_send(publisher, &loan, false, NULL);
        sent += code == SC_OK;
        EXPECT(sent < 1000);
    }
    EXPECT(code == SC_FULL && loan.data != NULL && *(uint32_t *)loan.data == sent);
    sc_message message = sc_message_none();
    for (uint32_t number = 0; number <= sent; number++) {
        EXPECT(sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK);
        EXPECT(*(const uint32_t *)message.data == number);
        sc_message_release(&message);
        if (number == 0) {
            EXPECT(sc_loan_send(publisher, &loan, true, NULL) == SC_OK && loan.data == NULL);
        }
    }
    sc_publisher_free(publisher);
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
}

static void waiting(void) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_publisher *publisher = publisher_of(schema);
    sc_wait_set *set = NULL;
    sc_trigger *trigger = NULL;
    uint64_t messages = 0, stop = 0, count = 0;
    sc_ready ready[1];
    EXPECT(sc_wait_set_create(&set) == SC_OK);
    EXPECT_ERROR(sc_wait_set_wait(set, -1, ready, 1, &count), SC_ERROR_ARGUMENT, "empty");
    EXPECT(sc_wait_set_add_subscriber(set, subscriber, &messages) == SC_OK);
    EXPECT(sc_wait_set_trigger(set, &stop, &trigger) == SC_OK && stop != messages);
    const Imu message = imu(1);
    EXPECT(sc_publish(publisher, &message, sizeof message, true, NULL) == SC_OK);
    sc_trigger_fire(trigger);
    bool has_message = false, has_stop = false;
    while (!has_message || !has_stop) { /* one place: what is left over is reported by the next wait */
        EXPECT(sc_wait_set_wait(set, PATIENCE_NS, ready, 1, &count) == SC_OK && count == 1);
        has_message |= ready[0].key == messages && ready[0].kind == SC_READY_MESSAGES;
        has_stop |= ready[0].key == stop && ready[0].kind == SC_READY_TRIGGER;
    }
    EXPECT(sc_wait_set_remove(set, messages) == SC_OK);
    EXPECT_ERROR(sc_wait_set_remove(set, messages), SC_ERROR_ARGUMENT, "nothing in this wait set has key");
    sc_closer *closer = sc_subscriber_closer(subscriber);
    sc_closer_close(closer);
    sc_message received = sc_message_none();
    while (sc_receive(subscriber, -1, &received) == SC_OK) {
        sc_message_release(&received);
    }
    memset(&received, 255, sizeof received);
    received.struct_size = sizeof received;
    EXPECT(sc_receive(subscriber, -1, &received) == SC_CLOSED && received.data == NULL);
    sc_message_release(&received); /* none: this does nothing */
    sc_closer_free(closer);
    sc_trigger_free(trigger);
    sc_wait_set_free(set);
    sc_publisher_free(publisher);
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
}

/* A frame is seen while it is written. */
static void partial(void) {
    sc_schema *schema = NULL;
    EXPECT(sc_schema_describe_slice(SC_TYPE(FrameInfo), NULL, SC_U16, &schema) == SC_OK);
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_publisher *publisher = publisher_of(schema);
    sc_loan loan = sc_loan_none();
    EXPECT(sc_loan_create(publisher, 1000, &loan) == SC_OK && loan.elements == 1000);
    ((FrameInfo *)loan.data)->number = 9;
    sc_partial_loan *frame = NULL;
    EXPECT(sc_publish_partial(publisher, &loan, &frame) == SC_OK && loan.data == NULL);
    sc_partial *seen = NULL;
    sc_code code = SC_EMPTY;
    while (code == SC_EMPTY) { /* until the publisher has noticed the subscriber */
        code = sc_receive_partial(subscriber, &seen);
    }
    EXPECT(code == SC_OK);
    void *rest = NULL;
    uint64_t size = 0;
    EXPECT(sc_partial_loan_rest(frame, &rest, &size) == SC_OK && size == 2000);
    ((uint16_t *)rest)[0] = 7;
    EXPECT(sc_partial_loan_advance(frame, 1) == SC_OK);
    EXPECT_ERROR(sc_partial_loan_advance(frame, 1000), SC_ERROR_ARGUMENT, "1 of 1000 are finished");
    sc_partial_parts parts;
    EXPECT(sc_partial_view(seen, &parts) == SC_OK && parts.valid == 1 && parts.size == 2 && parts.total == 1000);
    EXPECT(parts.state == SC_PARTIAL_GROWS && ((const FrameInfo *)parts.header)->number == 9);
    EXPECT(((const uint16_t *)parts.data)[0] == 7);
    sc_partial *next = NULL;
    EXPECT(sc_receive_partial(subscriber, &next) == SC_EMPTY && next == NULL);
    EXPECT_ERROR(sc_partial_view(next, &parts), SC_ERROR_ARGUMENT, "the partial message is null");
    EXPECT(sc_partial_loan_finish(publisher, &frame, true, NULL) == SC_OK && frame == NULL);
    sc_message whole = sc_message_none();
    EXPECT(sc_receive(subscriber, PATIENCE_NS, &whole) == SC_OK && whole.elements == 1000);
    sc_message_release(&whole);
    EXPECT(sc_partial_view(seen, &parts) == SC_OK && parts.state == SC_PARTIAL_COMPLETE && parts.valid == 1000);
    sc_partial_free(seen);
    EXPECT_ERROR(sc_partial_view(seen, &parts), SC_ERROR_ARGUMENT, "the partial message was freed before");
    EXPECT(sc_loan_create(publisher, 10, &loan) == SC_OK);
    EXPECT(sc_publish_partial(publisher, &loan, &frame) == SC_OK);
    EXPECT(sc_receive_partial(subscriber, &seen) == SC_OK);
    sc_partial_loan_free(frame);
    EXPECT(sc_partial_view(seen, &parts) == SC_OK && parts.state == SC_PARTIAL_ABANDONED && parts.valid == 0);
    sc_partial_free(seen);
    sc_subscriber_free(subscriber);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
    schema = schema_of(SC_TYPE(Imu)); /* too small, and to be checked */
    publisher = publisher_of(schema);
    EXPECT(sc_loan_create(publisher, 1, &loan) == SC_OK);
    EXPECT_ERROR(sc_publish_partial(publisher, &loan, &frame), SC_ERROR_ARGUMENT, "at most 1024 bytes");
    EXPECT(loan.data != NULL);
    sc_loan_release(&loan);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
}

/* What both sides know of each other, and what an observer sees of them. */
static void observe(void) {
    const char *domain = getenv("SLOTCAST_TEST_DOMAIN");
    sc_observer *observer = NULL;
    EXPECT_ERROR(sc_observer_create("c/topic", domain, 0, &observer), SC_ERROR, "has no publisher");
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_publisher *publisher = publisher_of(schema);
    for (uint64_t i = 0; i < 3; i++) {
        const Imu message = imu(i);
        EXPECT(sc_publish(publisher, &message, sizeof message, true, NULL) == SC_OK);
    }
    sc_message message = sc_message_none();
    EXPECT(sc_receive(subscriber, PATIENCE_NS, &message) == SC_OK);
    sc_message_release(&message);

    sc_peer_status peers[2];
    uint64_t count = 0, id[2];
    sc_publisher_id(publisher, id);
    EXPECT(sc_subscriber_sources(subscriber, peers, 2, &count) == SC_OK && count == 1);
    EXPECT(memcmp(peers[0].id, id, sizeof id) == 0 && peers[0].received == 1 && peers[0].unread == 2);
    EXPECT(peers[0].delivery == SC_DELIVERY_LOSSLESS && !peers[0].gone && peers[0].lost == 0);
    EXPECT(sc_publisher_readers(publisher, NULL, 0, &count) == SC_OK && count == 1);
    EXPECT(sc_publisher_readers(publisher, peers, 2, &count) == SC_OK && peers[0].unread == 2);
    EXPECT_ERROR(sc_publisher_readers(publisher, NULL, 1, &count), SC_ERROR_ARGUMENT, "null");

    char names[64];
    uint64_t len = 0;
    EXPECT(sc_topics(domain, names, sizeof names, &len) == SC_OK && strcmp(names, "c/topic\n") == 0 && len == 8);
    EXPECT(sc_observer_create("c/topic", domain, 2, &observer) == SC_OK);
    sc_schema *live = NULL;
    char hash[33], live_hash[33];
    EXPECT(sc_observer_schema(observer, &live) == SC_OK);
    EXPECT(sc_schema_hash(live, live_hash) == SC_OK && sc_schema_hash(schema, hash) == SC_OK);
    EXPECT(strcmp(hash, live_hash) == 0);
    for (int64_t expected = 1; expected < 3; expected++) {
        int64_t number = -1;
        EXPECT(sc_observer_receive(observer, &message) == SC_OK);
        EXPECT(sc_schema_read_integer(live, "stamp_ns", message.data, message.size, &number) == SC_OK);
        EXPECT(number == expected);
        sc_message_release(&message);
    }
    EXPECT(sc_observer_receive(observer, &message) == SC_EMPTY && message.data == NULL);
    EXPECT(sc_observer_lost(observer) == 0 && sc_observer_lost(NULL) == 0);
    EXPECT(sc_clean(domain) == SC_OK);
    sc_observer_free(observer);
    sc_schema_free(live);
    sc_subscriber_free(subscriber);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
}

static void paths(void) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    const Imu message = imu(4);
    char text[64];
    uint64_t len = 0;
    int64_t number = 0;
    EXPECT(sc_schema_read_integer(schema, "valid", &message, sizeof message, &number) == SC_OK && number == 1);
    EXPECT_ERROR(sc_schema_read_integer(schema, "accel[0]", &message, sizeof message, &number), SC_ERROR_ARGUMENT,
                 "no integer");
    EXPECT(sc_schema_read_text(schema, "accel", &message, sizeof message, text, sizeof text, &len) == SC_OK);
    EXPECT(strcmp(text, "[4.0,1.0,2.0]") == 0 && len == 13);
    EXPECT(sc_schema_read_text(schema, "valid", &message, sizeof message, text, sizeof text, &len) == SC_OK);
    EXPECT(strcmp(text, "true") == 0);
    EXPECT_ERROR(sc_schema_read_text(schema, "accel", &message, sizeof message, text, 13, &len), SC_ERROR_ARGUMENT,
                 "room for 13 of 14");
    EXPECT_ERROR(sc_schema_read_text(schema, "accel[", &message, sizeof message, text, sizeof text, &len),
                 SC_ERROR_ARGUMENT, "accel");
    sc_schema_free(schema);
}

/* Hears of events until their notifier has ended, and prints what it hears. */
static void listen_for(void) {
    sc_listener *listener = NULL;
    sc_notice notice;
    sc_wait_set *set = NULL;
    sc_ready ready[2];
    uint64_t key = 0, count = 0;
    int fd = -1;
    EXPECT(sc_listener_create("c/events", getenv("SLOTCAST_TEST_DOMAIN"), true, &listener) == SC_OK);
    EXPECT(sc_listener_event_fd(listener, &fd) == SC_OK && fd >= 0);
    EXPECT(sc_wait_set_create(&set) == SC_OK && sc_wait_set_add_listener(set, listener, &key) == SC_OK);
    say("ready");
    do {
        sc_code code = sc_listen(listener, 0, &notice);
        if (code == SC_EMPTY) {
            EXPECT(sc_wait_set_wait(set, PATIENCE_NS, ready, 2, &count) == SC_OK && ready[0].key == key);
            continue;
        }
        EXPECT(code == SC_OK);
        if (notice.kind == SC_NOTICE_EVENT) {
            printf("event %u %u\n", notice.id, (unsigned)notice.count);
        } else {
            printf("%u\n", notice.kind);
        }
        fflush(stdout);
    } while (notice.kind != SC_NOTICE_LEFT && notice.kind != SC_NOTICE_DIED);
    sc_wait_set_free(set);
    sc_listener_free(listener);
}

/* Tells three times of an event, and waits to be killed or for the end of its input. */
static void notify(void) {
    sc_notifier *notifier = NULL;
    bool there = false;
    EXPECT(sc_notifier_create("c/events", getenv("SLOTCAST_TEST_DOMAIN"), &notifier) == SC_OK);
    EXPECT(sc_notifier_wait_for_listeners(notifier, 1, PATIENCE_NS, &there) == SC_OK && there);
    for (int i = 0; i < 3; i++) {
        EXPECT(sc_notify(notifier, 7) == SC_OK);
    }
    EXPECT_ERROR(sc_notify(NULL, 7), SC_ERROR_ARGUMENT, "the notifier is null");
    say("told");
    while (getchar() != EOF) {
    }
    sc_notifier_free(notifier);
}

static void bad_input(void) {
    sc_schema *schema = schema_of(SC_TYPE(Imu));
    sc_publisher *publisher = publisher_of(schema);
    sc_publisher *none = NULL;
    sc_publisher_options options = sc_publisher_options_default();
    options.domain = getenv("SLOTCAST_TEST_DOMAIN");
    Imu message = imu(0);
    EXPECT_ERROR(sc_publisher_create(NULL, schema, &options, &none), SC_ERROR_ARGUMENT, "topic is null");
    EXPECT_ERROR(sc_publisher_create("c/t", NULL, &options, &none), SC_ERROR_ARGUMENT, "schema is null");
    EXPECT_ERROR(sc_publisher_create("c/t", schema, &options, NULL), SC_ERROR_ARGUMENT, "null");
    EXPECT_ERROR(sc_publisher_create("c/\xff", schema, &options, &none), SC_ERROR_ARGUMENT, "not UTF-8");
    EXPECT_ERROR(sc_publisher_create("/c", schema, &options, &none), SC_ERROR_ARGUMENT, "topic");
    options.struct_size = 0;
    EXPECT_ERROR(sc_publisher_create("c/t", schema, &options, &none), SC_ERROR_ARGUMENT, "struct_size");
    options.struct_size = 12; /* half of a pointer */
    EXPECT_ERROR(sc_publisher_create("c/t", schema, &options, &none), SC_ERROR_ARGUMENT, "struct_size");
    sc_publisher_options untrue = sc_publisher_options_default();
    memset(&untrue.exclusive, 7, 1);
    EXPECT_ERROR(sc_publisher_create("c/t", schema, &untrue, &none), SC_ERROR_ARGUMENT, "exclusive is 7");
    options.struct_size = offsetof(sc_publisher_options, depth); /* an older header */
    EXPECT(sc_publisher_create("c/t", schema, &options, &none) == SC_OK);
    sc_publisher_free(none);
    struct {
        sc_publisher_options known;
        uint64_t unknown;
    } newer = {.known = sc_publisher_options_default(), .unknown = 0};
    newer.known.struct_size = sizeof newer;
    newer.known.domain = options.domain;
    EXPECT(sc_publisher_create("c/t", schema, &newer.known, &none) == SC_OK);
    sc_publisher_free(none);
    newer.unknown = 1;
    EXPECT_ERROR(sc_publisher_create("c/t", schema, &newer.known, &none), SC_ERROR_ARGUMENT, "does not know");
    EXPECT_ERROR(sc_publish(NULL, &message, sizeof message, true, NULL), SC_ERROR_ARGUMENT, "null");
    EXPECT_ERROR(sc_publish(publisher, NULL, sizeof message, true, NULL), SC_ERROR_ARGUMENT, "null");
    EXPECT_ERROR(sc_publish(publisher, &message, sizeof message - 1, true, NULL), SC_ERROR_INVALID, "39 bytes");
    memset(&message.valid, 2, 1);
    EXPECT_ERROR(sc_publish(publisher, &message, sizeof message, true, NULL), SC_ERROR_INVALID, "valid");
    EXPECT_ERROR(sc_receive(NULL, 0, NULL), SC_ERROR_ARGUMENT, "null");
    double number = 0;
    EXPECT_ERROR(sc_schema_read_number(schema, "speed", &message, sizeof message, &number), SC_ERROR_ARGUMENT, "speed");
    sc_type no_kind = {"None", 1, 1, NULL, NULL, 0, 0, 99, 0};
    sc_schema *no_schema = NULL;
    EXPECT_ERROR(sc_schema_describe(&no_kind, &no_schema), SC_ERROR_ARGUMENT, "no kind");
    sc_subscriber *subscriber = subscriber_of(schema);
    sc_message received = sc_message_none();
    received.struct_size = 0;
    EXPECT_ERROR(sc_receive(subscriber, 0, &received), SC_ERROR_ARGUMENT, "struct_size of the sc_message is 0");
    received.struct_size = sizeof received - 8;
    EXPECT_ERROR(sc_receive(subscriber, 0, &received), SC_ERROR_ARGUMENT, "sc_message_none()");
    sc_loan lent = sc_loan_none();
    lent.struct_size = 1 << 20;
    EXPECT_ERROR(sc_loan_create(publisher, 1, &lent), SC_ERROR_ARGUMENT, "struct_size of the sc_loan is 1048576");
    struct {
        sc_message known;
        uint64_t unknown;
    } newer_messages[2] = {{sc_message_none(), 7}, {sc_message_none(), 7}};
    newer_messages[0].known.struct_size = sizeof newer_messages[0];
    const Imu two[2] = {imu(0), imu(1)};
    EXPECT(sc_publish(publisher, &two[0], sizeof two[0], true, NULL) == SC_OK);
    EXPECT(sc_publish(publisher, &two[1], sizeof two[1], true, NULL) == SC_OK);
    uint64_t count = 0;
    EXPECT(sc_receive_many(subscriber, &newer_messages[0].known, 2, &count) == SC_OK && count == 2);
    EXPECT(((const Imu *)newer_messages[1].known.data)->stamp_ns == 1 && newer_messages[0].unknown == 0);
    sc_message_release(&newer_messages[0].known);
    sc_message_release(&newer_messages[1].known);
    sc_loan small = sc_loan_none(); /* a small message is lent, too */
    EXPECT(sc_loan_create(publisher, 1, &small) == SC_OK && small.size == sizeof(Imu) && small.elements == 1);
    *(Imu *)small.data = imu(3);
    EXPECT(sc_loan_send(publisher, &small, true, NULL) == SC_OK);
    received = sc_message_none();
    EXPECT(sc_receive(subscriber, PATIENCE_NS, &received) == SC_OK && received.elements == 1 && !received.in_place);
    EXPECT(((const Imu *)received.data)->stamp_ns == 3);
    sc_message_release(&received);
    sc_subscriber_free(subscriber);
    EXPECT_ERROR(sc_receive(subscriber, 0, &received), SC_ERROR_ARGUMENT, "the subscriber was freed before");
    sc_subscriber_free(subscriber); /* once more is nothing */
    EXPECT_ERROR(sc_publish((sc_publisher *)schema, &two[0], sizeof two[0], true, NULL), SC_ERROR_ARGUMENT,
                 "this pointer is of no publisher");
    sc_message_release(NULL);
    sc_loan_release(NULL);
    sc_publisher_free(NULL);
    sc_subscriber_free(NULL);
    sc_schema_free(NULL);
    sc_wait_set_free(NULL);
    sc_partial_loan_free(NULL);
    sc_partial_free(NULL);
    sc_observer_free(NULL);
    sc_notifier_free(NULL);
    sc_listener_free(NULL);
    sc_membership_free(NULL);
    char text[256];
    uint64_t len = 0;
    message = imu(2);
    EXPECT_ERROR(sc_schema_to_json(schema, &message, sizeof message, text, 3, &len), SC_ERROR_ARGUMENT, "room");
    EXPECT(sc_schema_to_json(schema, &message, sizeof message, text, sizeof text, &len) == SC_OK);
    EXPECT(strlen(text) == len);
    say(text);
    sc_publisher_free(publisher);
    sc_schema_free(schema);
}

int main(int argc, char **argv) {
    const char *side = argc == 2 ? argv[1] : "";
    if (strcmp(side, "publish") == 0) {
        publish(COUNT);
    } else if (strcmp(side, "publish-on") == 0) {
        publish(UINT64_MAX);
    } else if (strcmp(side, "receive") == 0) {
        receive();
    } else if (strcmp(side, "members") == 0) {
        members();
    } else if (strcmp(side, "mismatch") == 0) {
        mismatch();
    } else if (strcmp(side, "slices") == 0) {
        slices();
    } else if (strcmp(side, "full") == 0) {
        full();
    } else if (strcmp(side, "waiting") == 0) {
        waiting();
    } else if (strcmp(side, "partial") == 0) {
        partial();
    } else if (strcmp(side, "observe") == 0) {
        observe();
    } else if (strcmp(side, "paths") == 0) {
        paths();
    } else if (strcmp(side, "listen") == 0) {
        listen_for();
    } else if (strcmp(side, "notify") == 0) {
        notify();
    } else if (strcmp(side, "bad-input") == 0) {
        bad_input();
    } else {
        fprintf(stderr, "which side?\n");
        return 2;
    }
    return 0;
}

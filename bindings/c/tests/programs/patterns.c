/* One side of a test of values, calls and counters: its first argument says which. The domain is that of
 * $SLOTCAST_TEST_DOMAIN. */
#include <slotcast.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library asserts the same of its own. */
_Static_assert(sizeof(sc_version) == 24, "a version");

#define PATIENCE_NS INT64_C(60000000000)
#define DOMAIN getenv("SLOTCAST_TEST_DOMAIN")

typedef struct Limits {
    double speed;
    double force;
} Limits;
SC_STRUCT(Limits, "Limits", 0, SC_FIELD(Limits, speed, SC_F64), SC_FIELD(Limits, force, SC_F64));

typedef struct Number {
    uint64_t number;
} Number;
SC_STRUCT(Number, "Number", 0, SC_FIELD(Number, number, SC_U64));

/* Not every byte is a value of it. */
typedef struct Switch {
    bool on;
} Switch;
SC_STRUCT(Switch, "Switch", 0, SC_FIELD(Switch, on, SC_BOOL));

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

/* Waits to be killed, or for the end of the input. */
static void stay(void) {
    while (getchar() != EOF) {
    }
}

static sc_schema *schema_of(const sc_type *type) {
    sc_schema *schema = NULL;
    EXPECT(sc_schema_describe(type, &schema) == SC_OK);
    return schema;
}

/* Sets a value a thousand times. */
static void set(void) {
    sc_schema *schema = schema_of(SC_TYPE(Limits));
    sc_value_writer *writer = NULL;
    sc_version version;
    EXPECT(sc_value_writer_create("c/limits", schema, DOMAIN, false, 0, &writer) == SC_OK);
    for (uint64_t i = 1; i <= 1000; i++) {
        const Limits limits = {.speed = (double)i, .force = -(double)i};
        EXPECT(sc_value_set(writer, &limits, sizeof limits, &version) == SC_OK && version.number == i);
    }
    say("set");
    stay();
    sc_value_writer_free(writer);
    sc_schema_free(schema);
}

/* Reads a value until its speed is 1000, and waits until its writer has ended. */
static void get(void) {
    sc_schema *schema = schema_of(SC_TYPE(Limits));
    sc_value_reader *reader = NULL;
    sc_message value = sc_message_none();
    sc_version seen = {{0, 0}, 0};
    bool has_ended = false;
    double speed = 0;
    int fd = -1;
    EXPECT(sc_value_reader_create("c/limits", schema, DOMAIN, &reader) == SC_OK);
    EXPECT(sc_value_get(reader, &value, NULL) == SC_EMPTY && value.data == NULL);
    EXPECT(sc_value_reader_event_fd(reader, &fd) == SC_OK && fd >= 0);
    say("ready");
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    EXPECT(poll(&polled, 1, 60000) == 1);
    while (speed < 1000) {
        EXPECT(sc_value_wait(reader, &seen, PATIENCE_NS, &value, &seen) == SC_OK && value.size == sizeof(Limits));
        const Limits *limits = value.data;
        EXPECT(limits->speed > speed && limits->force == -limits->speed && (double)seen.number == limits->speed);
        EXPECT(value.publisher[0] == seen.writer[0] && value.elements == 1);
        speed = limits->speed;
        sc_message_release(&value);
    }
    say("newest");
    while (!has_ended) {
        EXPECT(sc_value_writer_has_ended(reader, &seen, &has_ended) == SC_OK);
    }
    EXPECT(sc_value_get(reader, &value, NULL) == SC_OK);
    sc_value_reader_free(reader);
    EXPECT(((const Limits *)value.data)->speed == 1000); /* it outlives its reader */
    sc_message_release(&value);
    say("orphaned");
    sc_schema_free(schema);
}

static sc_server *server_of(const sc_schema *request, const sc_schema *response, int64_t standby_ns) {
    sc_server *server = NULL;
    EXPECT(sc_server_create("c/count", request, response, DOMAIN, false, standby_ns, &server) == SC_OK);
    return server;
}

static sc_client *client_of(const sc_schema *request, const sc_schema *response, uint32_t window) {
    sc_client *client = NULL;
    EXPECT(sc_client_create("c/count", request, response, DOMAIN, window, &client) == SC_OK);
    return client;
}

/* Serves until it is asked to count to 0. */
static void serve(void) {
    sc_schema *schema = schema_of(SC_TYPE(Number));
    sc_server *server = server_of(schema, schema, -1);
    bool goes_on = true;
    say("serves");
    while (goes_on) {
        sc_server_call *call = NULL;
        sc_message request = sc_message_none();
        EXPECT(sc_server_next(server, -1, &call) == SC_OK);
        EXPECT(sc_server_call_request(call, &request) == SC_OK && request.size == sizeof(Number));
        const uint64_t most = ((const Number *)request.data)->number;
        sc_message_release(&request);
        EXPECT(sc_server_call_remaining(call) > 0 && sc_server_call_remaining(call) <= PATIENCE_NS);
        if (most == 13) {
            EXPECT(sc_server_call_refuse(call, 4, "13 is not counted") == SC_OK);
        } else if (most == 14) {
            const Number square = {.number = 196};
            EXPECT(sc_server_call_respond(call, &square, sizeof square, -1) == SC_OK);
            EXPECT_ERROR(sc_server_call_finish(call), SC_ERROR_ARGUMENT, "the call has ended before");
        } else if (most != 15) { /* which is given up */
            sc_code code = SC_OK;
            for (Number item = {.number = 0}; item.number < most && code == SC_OK; item.number++) {
                code = sc_server_call_send(call, &item, sizeof item, -1);
            }
            if (code == SC_OK) {
                EXPECT(sc_server_call_finish(call) == SC_OK);
                goes_on = most != 0;
            } else {
                EXPECT(code == SC_ERROR_CANCELLED && sc_server_call_is_cancelled(call));
                say("cancelled");
            }
        }
        sc_server_call_free(call);
    }
    sc_server_free(server);
    sc_schema_free(schema);
}

/* Calls a server that counts as the one above does. */
static void call(void) {
    sc_schema *schema = schema_of(SC_TYPE(Number));
    sc_client *client = client_of(schema, schema, 0);
    sc_pending_call *pending = NULL;
    sc_message item = sc_message_none();
    Number request = {.number = 1000};
    EXPECT(sc_call(client, &request, sizeof request, PATIENCE_NS, &pending) == SC_OK);
    for (uint64_t i = 0; i < 1000; i++) {
        EXPECT(sc_call_next(pending, -1, &item) == SC_OK && ((const Number *)item.data)->number == i);
        EXPECT(item.size == sizeof(Number) && item.elements == 1);
        sc_message_release(&item);
    }
    EXPECT(sc_call_next(pending, -1, &item) == SC_ENDED && item.data == NULL);
    sc_call_free(pending);
    request.number = 13;
    EXPECT(sc_call(client, &request, sizeof request, PATIENCE_NS, &pending) == SC_OK);
    EXPECT_ERROR(sc_call_next(pending, -1, &item), SC_ERROR_REFUSED, "13 is not counted (code 4)");
    EXPECT(sc_call_code(pending) == 4);
    sc_call_free(pending);
    request.number = 1000000000;
    EXPECT(sc_call(client, &request, sizeof request, PATIENCE_NS, &pending) == SC_OK);
    EXPECT(sc_call_next(pending, -1, &item) == SC_OK);
    sc_call_free(pending); /* it is cancelled, and its item is still there */
    EXPECT(((const Number *)item.data)->number == 0);
    sc_message_release(&item);
    say("cancelled");
    EXPECT(sc_call(client, &request, sizeof request, PATIENCE_NS, &pending) == SC_OK);
    EXPECT(sc_call_next(pending, -1, &item) == SC_OK);
    say("kill");
    sc_code code = SC_OK;
    while (code == SC_OK) {
        sc_message_release(&item);
        code = sc_call_next(pending, -1, &item);
    }
    EXPECT(code == SC_ERROR_SERVER_DIED && strstr(sc_last_error(), "whether it acted is unknown") != NULL);
    EXPECT_ERROR(sc_try_call(client, &request, sizeof request, PATIENCE_NS, &pending), SC_ERROR_NO_SERVER, "no server");
    EXPECT(pending == NULL);
    say("told");
    sc_client_free(client);
    sc_schema_free(schema);
}

static void counters(void) {
    sc_counters *set = NULL;
    sc_counter *frames = NULL, *buffered = NULL;
    EXPECT(sc_counters_create("c/camera", DOMAIN, &set) == SC_OK);
    EXPECT(sc_counters_counter(set, "frames", NULL, &frames) == SC_OK);
    EXPECT(sc_counters_counter(set, "buffered", "byte", &buffered) == SC_OK);
    for (int i = 0; i < 3; i++) {
        sc_counter_add(frames, 1);
    }
    sc_counter_set(buffered, 4096);
    sc_counter_add(buffered, -96);
    EXPECT(sc_counter_get(frames) == 3 && sc_counter_get(buffered) == 4000 && sc_counter_get(NULL) == 0);
    EXPECT(sc_counters_report(set, "the lens is dirty") == SC_OK);
    EXPECT_ERROR(sc_counters_counter(set, "frames", "byte", &frames), SC_ERROR_ARGUMENT, "is counted in");
    EXPECT_ERROR(sc_counters_counter(set, NULL, NULL, &frames), SC_ERROR_ARGUMENT, "a label has");
    say("counted");
    stay();
    sc_counter_free(frames);
    sc_counter_free(buffered);
    sc_counters_free(set);
}

/* Windows, deadlines, slices, and what is not valid, within one process. */
static void calls_within(void) {
    sc_schema *number = schema_of(SC_TYPE(Number)), *switched = schema_of(SC_TYPE(Switch)), *numbers = NULL;
    EXPECT(sc_schema_describe_slice(NULL, SC_TYPE(Number), 0, &numbers) == SC_OK);
    sc_server *server = server_of(numbers, switched, 0), *second = NULL;
    sc_client *client = client_of(numbers, switched, 1), *wrong = NULL;
    sc_pending_call *pending = NULL, *more = NULL;
    sc_server_call *call = NULL;
    sc_message message = sc_message_none();
    uint64_t count = 0;
    int fd = -1;
    EXPECT_ERROR(sc_server_create("c/count", numbers, switched, DOMAIN, false, 0, &second), SC_ERROR_EXCLUSIVE, "only one");
    EXPECT_ERROR(sc_client_create("c/count", numbers, number, DOMAIN, 0, &wrong), SC_ERROR_MISMATCH, "Switch");
    EXPECT_ERROR(sc_client_create("c/count", number, number, DOMAIN, 129, &wrong), SC_ERROR_ARGUMENT, "129");
    EXPECT(sc_client_count_servers(client, &count) == SC_OK && count == 1);
    EXPECT(sc_server_next(server, 0, &call) == SC_EMPTY && call == NULL);

    const Number list[3] = {{1}, {2}, {3}};
    EXPECT(sc_call(client, list, sizeof list, PATIENCE_NS, &pending) == SC_OK);
    EXPECT(sc_try_call(client, list, sizeof list, PATIENCE_NS, &more) == SC_FULL && more == NULL);
    EXPECT_ERROR(sc_call(client, list, 7, PATIENCE_NS, &more), SC_ERROR_INVALID, "7 bytes");
    EXPECT_ERROR(sc_call(client, NULL, 8, PATIENCE_NS, &more), SC_ERROR_ARGUMENT, "the request is null");
    EXPECT_ERROR(sc_call(client, list, 8, 0, &more), SC_ERROR_ARGUMENT, "a deadline of zero");
    EXPECT(sc_call_next(pending, 0, &message) == SC_EMPTY && sc_call_next(pending, 1000, &message) == SC_EMPTY);
    EXPECT(sc_server_next(server, PATIENCE_NS, &call) == SC_OK);
    EXPECT(sc_server_call_request(call, &message) == SC_OK && message.elements == 3 && message.size == sizeof list);
    EXPECT(memcmp(message.data, list, sizeof list) == 0);
    sc_message_release(&message);
    uint8_t two = 2, one = 1;
    EXPECT_ERROR(sc_server_call_send(call, &two, 1, 0), SC_ERROR_INVALID, "on");
    EXPECT(sc_server_call_send(call, &one, 1, 0) == SC_OK);
    EXPECT(sc_server_call_respond(call, &one, 1, 1000) == SC_FULL); /* the window is 1 */
    EXPECT(sc_call_next(pending, PATIENCE_NS, &message) == SC_OK && *(const bool *)message.data);
    sc_message_release(&message);
    EXPECT(sc_server_call_respond(call, &one, 1, PATIENCE_NS) == SC_OK && sc_server_call_remaining(call) == 0);
    sc_server_call_free(call);
    EXPECT(sc_client_event_fd(client, &fd) == SC_OK && fd >= 0);
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    EXPECT(poll(&polled, 1, 60000) == 1);
    EXPECT(sc_call_next(pending, 0, &message) == SC_OK && sc_call_next(pending, 0, &message) == SC_ENDED);
    sc_call_free(pending);

    EXPECT(sc_call(client, NULL, 0, 1000000, &pending) == SC_OK);
    EXPECT_ERROR(sc_call_next(pending, -1, &message), SC_ERROR_EXPIRED, "expired");
    EXPECT(sc_server_next(server, 0, &call) == SC_EMPTY);
    sc_call_free(pending);
    EXPECT(sc_server_event_fd(server, &fd) == SC_OK && fd >= 0);
    EXPECT(sc_call(client, list, 8, -1, &pending) == SC_OK);
    polled.fd = fd;
    EXPECT(poll(&polled, 1, 60000) == 1);
    EXPECT(sc_server_next(server, 0, &call) == SC_OK && sc_server_call_remaining(call) == INT64_MAX);
    sc_call_free(pending);
    EXPECT(sc_server_call_is_cancelled(call));
    EXPECT(sc_server_call_send(call, &one, 1, -1) == SC_ERROR_CANCELLED);
    sc_server_call_free(call);
    sc_call_free(pending); /* it was freed before */
    EXPECT_ERROR(sc_call_next(pending, 0, &message), SC_ERROR_ARGUMENT, "the call was freed before");
    EXPECT_ERROR(sc_server_next(NULL, 0, &call), SC_ERROR_ARGUMENT, "the server is null");
    sc_server_free(server);
    sc_client_free(client);
    sc_schema_free(number);
    sc_schema_free(numbers);
    sc_schema_free(switched);
}

/* Values that are refused, survive, and end waits. */
static void values_within(void) {
    sc_schema *limits = schema_of(SC_TYPE(Limits)), *switched = schema_of(SC_TYPE(Switch)), *numbers = NULL;
    EXPECT(sc_schema_describe_slice(NULL, SC_TYPE(Number), 0, &numbers) == SC_OK);
    sc_value_writer *writer = NULL, *second = NULL;
    sc_value_reader *reader = NULL, *wrong = NULL;
    sc_message value = sc_message_none();
    sc_version version, none = {{0, 0}, 0};
    bool has_ended = false;
    EXPECT(sc_value_writer_create("c/switch", switched, DOMAIN, true, 0, &writer) == SC_OK);
    EXPECT_ERROR(sc_value_writer_create("c/switch", switched, DOMAIN, true, 0, &second), SC_ERROR_EXCLUSIVE, "only one");
    EXPECT_ERROR(sc_value_writer_create("c/list", numbers, DOMAIN, false, 0, &second), SC_ERROR_ARGUMENT, "fixed size");
    EXPECT_ERROR(sc_value_reader_create("c/switch", limits, DOMAIN, &wrong), SC_ERROR_MISMATCH, "Limits");
    EXPECT_ERROR(sc_value_reader_create(NULL, limits, DOMAIN, &wrong), SC_ERROR_ARGUMENT, "the name is null");
    uint8_t two = 2, one = 1;
    EXPECT_ERROR(sc_value_set(writer, &two, 1, NULL), SC_ERROR_INVALID, "on");
    EXPECT_ERROR(sc_value_set(writer, &one, 2, NULL), SC_ERROR_INVALID, "2 bytes");
    EXPECT(sc_value_set(writer, &one, 1, &version) == SC_OK && version.number == 1);
    EXPECT(sc_value_reader_create("c/switch", switched, DOMAIN, &reader) == SC_OK);
    EXPECT(sc_value_wait(reader, NULL, 0, &value, &version) == SC_OK && *(const bool *)value.data);
    EXPECT(sc_value_wait(reader, &version, 1000, &value, &version) == SC_EMPTY);
    EXPECT(sc_value_writer_has_ended(reader, &version, &has_ended) == SC_OK && !has_ended);
    EXPECT_ERROR(sc_value_writer_has_ended(reader, &none, &has_ended), SC_ERROR_ARGUMENT, "the version is null");
    sc_value_writer_free(writer);
    EXPECT(sc_value_writer_has_ended(reader, &version, &has_ended) == SC_OK && has_ended);
    sc_value_reader_free(reader);

    EXPECT(sc_value_reader_create("c/switch", switched, DOMAIN, &reader) == SC_OK);
    EXPECT(sc_value_get(reader, &value, NULL) == SC_OK && *(const bool *)value.data); /* it has survived */
    sc_message_release(&value);
    EXPECT(sc_value_get(reader, &value, &version) == SC_OK);
    sc_message_release(&value);
    sc_closer *closer = sc_value_reader_closer(reader);
    sc_closer_close(closer);
    EXPECT(sc_value_wait(reader, &version, -1, &value, NULL) == SC_CLOSED);
    sc_closer_free(closer);
    sc_value_reader_free(reader);
    EXPECT(sc_value_writer_create("c/switch", switched, DOMAIN, false, -1, &writer) == SC_OK);
    EXPECT(sc_value_set(writer, &one, 1, NULL) == SC_OK); /* nothing is left by that */
    sc_value_writer_free(writer);
    sc_schema_free(limits);
    sc_schema_free(numbers);
    sc_schema_free(switched);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*act)(void);
    } sides[] = {{"set", set},           {"get", get},
                 {"serve", serve},       {"call", call},
                 {"counters", counters}, {"calls-within", calls_within},
                 {"values-within", values_within}};
    for (size_t i = 0; argc == 2 && i < sizeof sides / sizeof *sides; i++) {
        if (strcmp(argv[1], sides[i].name) == 0) {
            sides[i].act();
            return 0;
        }
    }
    fprintf(stderr, "which side?\n");
    return 2;
}

/* Slotcast for C: publish and receive structs through shared memory.
 *
 * Each call that can fail returns an sc_code. For the codes from SC_ERROR on, sc_last_error returns the text. Handles
 * are used by one thread at a time. Names are UTF-8. Times are in nanoseconds. */
#ifndef SLOTCAST_H
#define SLOTCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "slotcast_schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t sc_code;
enum {
    SC_OK = 0,
    /* No message is there, or none came in time. */
    SC_EMPTY = 1,
    /* All publishers have ended, and everything was received. */
    SC_ENDED = 2,
    /* A closer has closed the subscriber. */
    SC_CLOSED = 3,
    /* Publishing would wait for a lossless subscriber. */
    SC_FULL = 4,
    SC_ERROR = 16,              /* another error than those below */
    SC_ERROR_ARGUMENT = 17,     /* null, too long, not UTF-8, out of range */
    SC_ERROR_MISMATCH = 18,     /* the other side has another layout */
    SC_ERROR_EXCLUSIVE = 19,    /* another publisher is the only one, or is in the way of this one being so */
    SC_ERROR_LOSSLESS = 20,     /* lossless delivery is not possible */
    SC_ERROR_MEMORY = 21,       /* there is no memory for messages */
    SC_ERROR_INVALID = 22,      /* bytes that are no value of the type */
    SC_ERROR_CORRUPT = 23,      /* what another process has written is not possible */
    SC_ERROR_SYSTEM = 24,       /* the kernel refused something */
    SC_ERROR_TIMEOUT = 25,      /* a lossless subscriber did not read in time */
    SC_ERROR_INTERNAL = 26,     /* a defect of this library */
};

typedef struct sc_schema sc_schema;
typedef struct sc_publisher sc_publisher;
typedef struct sc_subscriber sc_subscriber;
typedef struct sc_closer sc_closer;

/* A message that was received. It is given back by sc_message_release. Where none was received, `data` is null, and
 * giving it back does nothing. Its bytes are a value of its type. */
typedef struct sc_message {
    const void *data;
    uint64_t size; /* in bytes */
    uint64_t sequence;
    uint64_t publisher[2];
    uint64_t published_ns; /* of CLOCK_MONOTONIC; 0 without timestamps */
    uint64_t lost_before;
    bool in_place;
    uint64_t private_[10];
} sc_message;

/* Memory for a message. It is sent by sc_loan_send, or given back by sc_loan_release. Without a loan, `data` is
 * null. */
typedef struct sc_loan {
    void *data;
    uint64_t size; /* in bytes */
    uint64_t private_[8];
} sc_loan;

/* Start with sc_publisher_options_default(). In other fields than the first, zero is the default. */
typedef struct sc_publisher_options {
    uint64_t struct_size; /* sizeof(sc_publisher_options) */
    const char *domain; /* a directory; null: the default domain */
    const char *name;
    uint64_t depth;
    uint64_t history;
    uint64_t max_len;
    uint64_t max_memory;
    int64_t lossless_ns; /* not 0: waits for lossless subscribers up to this time */
    int64_t alive_every_ns;
    bool exclusive;
    bool prefault;
    bool huge_pages;
    bool lock_memory;
    bool timestamps;
} sc_publisher_options;

/* Start with sc_subscriber_options_default(). */
typedef struct sc_subscriber_options {
    uint64_t struct_size; /* sizeof(sc_subscriber_options) */
    const char *domain;
    const char *name;
    uint64_t history;
    uint64_t max_samples; /* UINT64_MAX: the default */
    uint64_t max_copy;
    double rate_limit_hz;
    bool latest;
    bool lossless;
} sc_subscriber_options;

static inline SC_UNUSED sc_publisher_options sc_publisher_options_default(void) {
    sc_publisher_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    return options;
}

static inline SC_UNUSED sc_subscriber_options sc_subscriber_options_default(void) {
    sc_subscriber_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.max_samples = UINT64_MAX;
    return options;
}

/* Returns the text of the last error of this thread; valid until its next call. Never null. */
const char *sc_last_error(void);

/* Creates a schema of its canonical bytes, as the book's page "Schemas" describes them. */
sc_code sc_schema_create(const uint8_t *canonical, size_t size, sc_schema **out);
/* Creates the schema of a struct: sc_schema_describe(SC_TYPE(Imu), &schema). */
sc_code sc_schema_describe(const sc_type *type, sc_schema **out);
/* Creates the schema of messages of any number of elements. The header may be null. The elements are structs, or of a
 * primitive, with a null element. A message begins with the header; sc_schema_elements_at tells where the elements
 * begin. */
sc_code sc_schema_describe_slice(const sc_type *header, const sc_type *element, uint32_t primitive, sc_schema **out);
/* Creates the schema of what is published on a topic now. A null domain is the default one. */
sc_code sc_schema_published(const char *topic, const char *domain, sc_schema **out);
/* Stores the 128 bits by which two sides recognise each other, as text of 32 digits and a NUL. */
sc_code sc_schema_hash(const sc_schema *schema, char text[33]);
/* Returns the size of a message in bytes; of one without elements if there can be any number. 0 for null. */
uint64_t sc_schema_size(const sc_schema *schema);
/* Returns how many bytes of a message are before its elements; 0 for messages of fixed size. */
uint64_t sc_schema_elements_at(const sc_schema *schema);
/* Reads a number by its path, such as "pose.flags[2]", out of a message of this schema. SC_EMPTY: there is no such
 * element in the message. Allocates; an integer beyond 2^53 is rounded. */
sc_code sc_schema_read_number(const sc_schema *schema, const char *path, const void *data, uint64_t size,
                              double *number);
/* Stores a message as JSON, with a NUL, and the length without it. If `room` is too small, nothing but the length is
 * stored, and the code is SC_ERROR_ARGUMENT. */
sc_code sc_schema_to_json(const sc_schema *schema, const void *data, uint64_t size, char *text, uint64_t room,
                          uint64_t *len);
void sc_schema_free(sc_schema *schema);

sc_code sc_publisher_create(const char *topic, const sc_schema *schema, const sc_publisher_options *options,
                            sc_publisher **out);
void sc_publisher_free(sc_publisher *publisher);
/* Closes the publisher once all was read, or after the time. Frees it in any case. */
sc_code sc_publisher_close(sc_publisher *publisher, int64_t linger_ns);
sc_code sc_publish(sc_publisher *publisher, const void *data, uint64_t size, bool wait, uint64_t *sequence);
/* Lends memory for a message of so many elements, and of a header. Messages of a fixed size of up to 1024 bytes are
 * not lent: publish a copy. */
sc_code sc_loan_create(sc_publisher *publisher, uint64_t elements, sc_loan *out);
/* Sends the loan. If that fails, it is still yours: send it again, or release it. */
sc_code sc_loan_send(sc_publisher *publisher, sc_loan *loan, bool wait, uint64_t *sequence);
void sc_loan_release(sc_loan *loan);
sc_code sc_publisher_wait_for_subscribers(sc_publisher *publisher, uint64_t count, int64_t time_ns, bool *are_there);
sc_code sc_publisher_count_subscribers(sc_publisher *publisher, uint64_t *count);
void sc_publisher_id(const sc_publisher *publisher, uint64_t id[2]);

sc_code sc_subscriber_create(const char *topic, const sc_schema *schema, const sc_subscriber_options *options,
                             sc_subscriber **out);
void sc_subscriber_free(sc_subscriber *subscriber);
/* Receives the next message. Waits up to the time; less than 0: as long as it takes. */
sc_code sc_receive(sc_subscriber *subscriber, int64_t time_ns, sc_message *out);
/* Waits for the next message as long as there are publishers, or the first is still to come. */
sc_code sc_receive_to_end(sc_subscriber *subscriber, sc_message *out);
void sc_message_release(sc_message *message);
/* Receives up to `most` messages that are present, and stores how many. Does not wait; SC_EMPTY for none. After an
 * error, the messages that were stored are yours. */
sc_code sc_receive_many(sc_subscriber *subscriber, sc_message *out, uint64_t most, uint64_t *count);
sc_code sc_subscriber_wait_for_publishers(sc_subscriber *subscriber, uint64_t count, int64_t time_ns, bool *are_there);
sc_code sc_subscriber_count_publishers(sc_subscriber *subscriber, uint64_t *count);
uint64_t sc_subscriber_lost(const sc_subscriber *subscriber);
uint64_t sc_subscriber_skipped(const sc_subscriber *subscriber);
/* Returns a descriptor that is readable while there are messages; the subscriber owns it. */
sc_code sc_subscriber_event_fd(sc_subscriber *subscriber, int *fd);
/* Returns what ends each wait of the subscriber, from any thread. */
sc_closer *sc_subscriber_closer(const sc_subscriber *subscriber);
void sc_closer_close(const sc_closer *closer);
void sc_closer_free(sc_closer *closer);

/* Several things to wait for at once. It is used by one thread at a time. */
typedef struct sc_wait_set sc_wait_set;
typedef struct sc_trigger sc_trigger;

enum {
    SC_READY_MESSAGES = 1,
    SC_READY_DESCRIPTOR = 2,
    SC_READY_INTERVAL = 3,
    SC_READY_DEADLINE = 4,
    SC_READY_TRIGGER = 5,
    SC_READY_OTHER = 6,
};

typedef struct sc_ready {
    uint64_t key;
    uint32_t kind; /* SC_READY_... */
    uint32_t reserved;
} sc_ready;

sc_code sc_wait_set_create(sc_wait_set **out);
void sc_wait_set_free(sc_wait_set *set);
/* Each of these stores the key by which sc_wait_set_wait reports it. */
sc_code sc_wait_set_add_subscriber(sc_wait_set *set, sc_subscriber *subscriber, uint64_t *key);
/* The descriptor is duplicated. */
sc_code sc_wait_set_add_descriptor(sc_wait_set *set, int fd, bool writable, uint64_t *key);
sc_code sc_wait_set_interval(sc_wait_set *set, int64_t period_ns, uint64_t *key);
/* What the trigger reports can be fired from any thread. */
sc_code sc_wait_set_trigger(sc_wait_set *set, uint64_t *key, sc_trigger **out);
/* Reports a subscriber that had no message for this time. */
sc_code sc_wait_set_deadline(sc_wait_set *set, uint64_t key, int64_t time_ns);
sc_code sc_wait_set_remove(sc_wait_set *set, uint64_t key);
/* Waits up to the time; less than 0: as long as it takes. Stores what is ready, up to `most`; the rest is reported by
 * the next wait. SC_EMPTY: nothing was ready in time. */
sc_code sc_wait_set_wait(sc_wait_set *set, int64_t time_ns, sc_ready *out, uint64_t most, uint64_t *count);
void sc_trigger_fire(const sc_trigger *trigger);
void sc_trigger_free(sc_trigger *trigger);

/* Reports which peers join, leave, die and fall silent. */
typedef struct sc_membership sc_membership;

enum {
    SC_MEMBER_JOINED = 1,
    SC_MEMBER_LEFT = 2,
    SC_MEMBER_DIED = 3,
    SC_MEMBER_REFUSED = 4,
    SC_MEMBER_QUIET = 5,
    SC_MEMBER_ACTIVE = 6,
    SC_MEMBER_OTHER = 7, /* something that this header does not know: see the text */
};

typedef struct sc_member_event {
    uint32_t kind; /* SC_MEMBER_... */
    uint32_t pid;  /* 0 if it is not known */
    uint64_t id[2];
    char text[488]; /* a sentence about it in UTF-8; cut if it is longer */
} sc_member_event;

sc_code sc_publisher_membership(const sc_publisher *publisher, sc_membership **out);
sc_code sc_subscriber_membership(const sc_subscriber *subscriber, sc_membership **out);
/* Receives the next event. Waits up to the time; less than 0: as long as it takes. SC_EMPTY: none came. */
sc_code sc_membership_next(sc_membership *membership, int64_t time_ns, sc_member_event *out);
void sc_membership_free(sc_membership *membership);

#ifdef __cplusplus
}
#endif

#endif

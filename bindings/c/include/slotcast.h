/* Slotcast for C: publish and receive structs through shared memory.
 *
 * Each call that can fail returns an sc_code. For the codes from SC_ERROR on, sc_last_error returns the text. Handles
 * are used by one thread at a time. Names are UTF-8. Times are in nanoseconds.
 *
 * Generated from the library's source, as tests/header.rs there describes. Change that instead. */
#ifndef SLOTCAST_H
#define SLOTCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slotcast_schema.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Codes and errors ------------------------------------------------------------------------------------------------ */

// The codes. Those below SC_ERROR are no errors.
typedef enum sc_codes {
    // Done.
    SC_OK = 0,
    // No message is there, or none came in time.
    SC_EMPTY = 1,
    // All publishers have ended, and everything was received.
    SC_ENDED = 2,
    // A closer has closed the subscriber.
    SC_CLOSED = 3,
    // Publishing would wait for a lossless subscriber.
    SC_FULL = 4,
    // Another error than those below.
    SC_ERROR = 16,
    // An argument is null, too long, not UTF-8, or out of range.
    SC_ERROR_ARGUMENT = 17,
    // The other side has another layout: the text names the field.
    SC_ERROR_MISMATCH = 18,
    // Another publisher is the only one, or is in the way of this one being so.
    SC_ERROR_EXCLUSIVE = 19,
    // Lossless delivery is not possible.
    SC_ERROR_LOSSLESS = 20,
    // There is no memory for messages.
    SC_ERROR_MEMORY = 21,
    // Bytes are no value of the type.
    SC_ERROR_INVALID = 22,
    // What another process has written is not possible.
    SC_ERROR_CORRUPT = 23,
    // The kernel refused something.
    SC_ERROR_SYSTEM = 24,
    // A lossless subscriber did not read in time.
    SC_ERROR_TIMEOUT = 25,
    // A defect of this library.
    SC_ERROR_INTERNAL = 26,
} sc_codes;

// What a call returns: one of sc_codes.
typedef int32_t sc_code;

// Returns the text of the last error of this thread; valid until its next call. Never null.
const char *sc_last_error(void);

/* Schemas: what messages contain. slotcast_schema.h describes structs --------------------------------------------- */

// A layout of messages. It is created once, and used for any number of publishers and subscribers.
typedef struct sc_schema sc_schema;

// Creates the schema of a struct: `sc_schema_describe(SC_TYPE(Imu), &schema)`.
sc_code sc_schema_describe(const sc_type *table, sc_schema **out);

// Creates the schema of messages of any number of elements. The header may be null. The elements are
// structs, or of a primitive, with a null element. A message begins with the header;
// sc_schema_elements_at tells where the elements begin.
sc_code sc_schema_describe_slice(const sc_type *header,
                                 const sc_type *element,
                                 uint32_t primitive,
                                 sc_schema **out);

// Creates a schema of its canonical bytes, as the book's page "Schemas" describes them.
sc_code sc_schema_create(const uint8_t *canonical, size_t size, sc_schema **out);

// Creates the schema of what is published on a topic now. A null domain is the default one.
sc_code sc_schema_published(const char *topic, const char *domain, sc_schema **out);

// Stores the 128 bits by which two sides recognise each other, as text of 32 digits and a NUL.
sc_code sc_schema_hash(const sc_schema *schema, char text[33]);

// Returns the size of a message in bytes; of one without elements if there can be any number. 0 for
// null.
uint64_t sc_schema_size(const sc_schema *schema);

// Returns how many bytes of a message are before its elements; 0 for messages of fixed size.
uint64_t sc_schema_elements_at(const sc_schema *schema);

// Reads a number by its path, such as `pose.flags[2]`, out of a message of this schema. SC_EMPTY:
// there is no such element in the message. Allocates; an integer beyond 2^53 is rounded.
sc_code sc_schema_read_number(const sc_schema *schema,
                              const char *path,
                              const void *data,
                              uint64_t size,
                              double *number);

// Stores a message as JSON, with a NUL, and the length without it. If `room` is too small, nothing but
// the length is stored, and the code is SC_ERROR_ARGUMENT.
sc_code sc_schema_to_json(const sc_schema *schema,
                          const void *data,
                          uint64_t size,
                          char *text,
                          uint64_t room,
                          uint64_t *len);

// Frees a schema. Publishers and subscribers that were created with it stay.
void sc_schema_free(sc_schema *schema);

/* Options --------------------------------------------------------------------------------------------------------- */

// Start with sc_publisher_options_default(). In other fields than the first, zero is the default.
typedef struct sc_publisher_options {
    // `sizeof(sc_publisher_options)`
    uint64_t struct_size;
    // A directory; null: the default domain.
    const char *domain;
    // What the publisher is called in texts and by the tool.
    const char *name;
    // How many messages stay readable.
    uint64_t depth;
    // How many messages are kept for subscribers that join later.
    uint64_t history;
    // The most elements of a message of variable size.
    uint64_t max_len;
    // The most memory for messages, in bytes.
    uint64_t max_memory;
    // Not 0: waits for lossless subscribers up to this time.
    int64_t lossless_ns;
    // Not 0: promises to publish at least this often. A membership reports when that is broken.
    int64_t alive_every_ns;
    // Be the only publisher of the topic.
    bool exclusive;
    // Allocate all memory at once.
    bool prefault;
    // Use large pages where the kernel has some.
    bool huge_pages;
    // Keep the memory from being swapped out.
    bool lock_memory;
    // Store the time of publishing in each message.
    bool timestamps;
} sc_publisher_options;

// Start with sc_subscriber_options_default().
typedef struct sc_subscriber_options {
    // `sizeof(sc_subscriber_options)`
    uint64_t struct_size;
    // A directory; null: the default domain.
    const char *domain;
    // What the subscriber is called in texts and by the tool.
    const char *name;
    // How many messages to receive first that were published before.
    uint64_t history;
    // How many large messages can be held in place at once; `UINT64_MAX`: the default.
    uint64_t max_samples;
    // The size of the largest message that is copied, in bytes.
    uint64_t max_copy;
    // The most messages to receive from each publisher in a second; 0: no limit.
    double rate_limit_hz;
    // Receive the newest message of each publisher alone.
    bool latest;
    // Make publishers wait instead of losing messages.
    bool lossless;
} sc_subscriber_options;

/* Messages and loans: structs that you hold ----------------------------------------------------------------------- */

// A message that was received. Start with `sc_message_none()`. It is given back by sc_message_release,
// and may outlive its subscriber. Where none was received, `data` is null, and giving it back does
// nothing. Its bytes are a value of its type.
typedef struct sc_message {
    // `sizeof(sc_message)`
    uint64_t struct_size;
    const void *data;
    // In bytes.
    uint64_t size;
    // How many elements it has; 1 if messages are of fixed size.
    uint64_t elements;
    uint64_t sequence;
    // The identity of the publisher, the lower half first.
    uint64_t publisher[2];
    // Of `CLOCK_MONOTONIC`; 0 without timestamps.
    uint64_t published_ns;
    // How many messages of this publisher were lost directly before this one.
    uint64_t lost_before;
    // Whether `data` is where the publisher has written the message, and no copy.
    bool in_place;
    uint64_t private_[4];
} sc_message;

// Memory for a message. Start with `sc_loan_none()`. It is sent by sc_loan_send, or given back by
// sc_loan_release. Without a loan, `data` is null.
typedef struct sc_loan {
    // `sizeof(sc_loan)`
    uint64_t struct_size;
    void *data;
    // In bytes.
    uint64_t size;
    // How many elements it has; 1 if messages are of fixed size.
    uint64_t elements;
    uint64_t private_[8];
} sc_loan;

// Gives a message back. Null, or a message that was given back, is nothing.
void sc_message_release(sc_message *message);

// Gives a loan back. Null, or a loan that was sent or given back, is nothing.
void sc_loan_release(sc_loan *loan);

/* Publishing ------------------------------------------------------------------------------------------------------ */

// Sends the messages of a topic.
typedef struct sc_publisher sc_publisher;

// Creates a publisher of a topic. Null options are the default ones.
sc_code sc_publisher_create(const char *topic,
                            const sc_schema *schema,
                            const sc_publisher_options *options,
                            sc_publisher **out);

// Frees a publisher.
void sc_publisher_free(sc_publisher *publisher);

// Closes the publisher once all was read, or after the time. Frees it in any case.
sc_code sc_publisher_close(sc_publisher *publisher, int64_t linger_ns);

// Publishes a copy of a message of this many bytes, and stores its sequence unless that is null. With
// `wait`, waits for lossless subscribers; without, returns SC_FULL instead.
sc_code sc_publish(sc_publisher *publisher, const void *data, uint64_t size, bool wait, uint64_t *sequence);

// Lends memory for a message of so many elements, and of a header. For messages of a fixed size, the
// number is ignored.
sc_code sc_loan_create(sc_publisher *publisher, uint64_t elements, sc_loan *out);

// Sends the loan. If that fails, it is still yours: send it again, or release it.
sc_code sc_loan_send(sc_publisher *publisher, sc_loan *loan, bool wait, uint64_t *sequence);

// Waits until there are this many subscribers, up to the time, and stores whether they are there.
sc_code sc_publisher_wait_for_subscribers(sc_publisher *publisher, uint64_t count, int64_t time_ns, bool *are_there);

// Stores how many subscribers there are.
sc_code sc_publisher_count_subscribers(sc_publisher *publisher, uint64_t *count);

// Stores the identity of the publisher, the lower half first.
void sc_publisher_id(const sc_publisher *publisher, uint64_t id[2]);

/* Receiving ------------------------------------------------------------------------------------------------------- */

// Ends each wait of a subscriber, from any thread.
typedef struct sc_closer sc_closer;

// Receives the messages of a topic.
typedef struct sc_subscriber sc_subscriber;

// Creates a subscriber of a topic. Null options are the default ones.
sc_code sc_subscriber_create(const char *topic,
                             const sc_schema *schema,
                             const sc_subscriber_options *options,
                             sc_subscriber **out);

// Frees a subscriber. Messages that are held stay valid.
void sc_subscriber_free(sc_subscriber *subscriber);

// Receives the next message. Waits up to the time; less than 0: as long as it takes.
sc_code sc_receive(sc_subscriber *subscriber, int64_t time_ns, sc_message *out);

// Waits for the next message as long as there are publishers, or the first is still to come.
sc_code sc_receive_to_end(sc_subscriber *subscriber, sc_message *out);

// Receives up to `most` messages that are present, and stores how many. Does not wait; SC_EMPTY for
// none. After an error, the messages that were stored are yours.
sc_code sc_receive_many(sc_subscriber *subscriber, sc_message *out, uint64_t most, uint64_t *count);

// Waits until there are this many publishers, up to the time, and stores whether they are there.
sc_code sc_subscriber_wait_for_publishers(sc_subscriber *subscriber,
                                          uint64_t count,
                                          int64_t time_ns,
                                          bool *are_there);

// Stores how many publishers there are.
sc_code sc_subscriber_count_publishers(sc_subscriber *subscriber, uint64_t *count);

// Returns how many messages were lost because the subscriber was too slow.
uint64_t sc_subscriber_lost(const sc_subscriber *subscriber);

// Returns how many messages were skipped because of `latest` or the rate limit.
uint64_t sc_subscriber_skipped(const sc_subscriber *subscriber);

// Stores a descriptor that is readable while there are messages; the subscriber owns it.
sc_code sc_subscriber_event_fd(sc_subscriber *subscriber, int *fd);

// Returns what ends each wait of the subscriber, from any thread; null for null.
sc_closer *sc_subscriber_closer(const sc_subscriber *subscriber);

// Closes the subscriber: its waits end with SC_CLOSED.
void sc_closer_close(const sc_closer *closer);

// Frees a closer. The subscriber stays as it is.
void sc_closer_free(sc_closer *closer);

/* Waiting for several things -------------------------------------------------------------------------------------- */

// Wakes a wait set, from any thread.
typedef struct sc_trigger sc_trigger;

// Why something is reported.
typedef enum sc_ready_kinds {
    // A subscriber has messages.
    SC_READY_MESSAGES = 1,
    // A descriptor is readable or writable, or has failed.
    SC_READY_DESCRIPTOR = 2,
    // A period has passed.
    SC_READY_INTERVAL = 3,
    // A subscriber had no message for the time of its deadline.
    SC_READY_DEADLINE = 4,
    // A trigger was fired.
    SC_READY_TRIGGER = 5,
    // Something that this header does not know.
    SC_READY_OTHER = 6,
} sc_ready_kinds;

// Several things to wait for at once. It is used by one thread at a time.
typedef struct sc_wait_set sc_wait_set;

// Something that is ready.
typedef struct sc_ready {
    uint64_t key;
    // One of sc_ready_kinds.
    uint32_t kind;
    uint32_t reserved;
} sc_ready;

// Creates a wait set in which nothing is.
sc_code sc_wait_set_create(sc_wait_set **out);

// Frees a wait set. What was added stays.
void sc_wait_set_free(sc_wait_set *set);

// Adds a subscriber. This and the next three store the key by which sc_wait_set_wait reports it.
sc_code sc_wait_set_add_subscriber(sc_wait_set *set, sc_subscriber *subscriber, uint64_t *key);

// Adds a descriptor, which is duplicated: reported when it is readable, or writable.
sc_code sc_wait_set_add_descriptor(sc_wait_set *set, int fd, bool writable, uint64_t *key);

// Adds an interval: reported once in each period.
sc_code sc_wait_set_interval(sc_wait_set *set, int64_t period_ns, uint64_t *key);

// Adds a trigger, which can be fired from any thread.
sc_code sc_wait_set_trigger(sc_wait_set *set, uint64_t *key, sc_trigger **out);

// Sets a deadline: a subscriber is reported that had no message for this time.
sc_code sc_wait_set_deadline(sc_wait_set *set, uint64_t key, int64_t time_ns);

// Removes what has this key.
sc_code sc_wait_set_remove(sc_wait_set *set, uint64_t key);

// Waits up to the time; less than 0: as long as it takes. Stores what is ready, up to `most`; the rest
// is reported by the next wait. SC_EMPTY: nothing was ready in time.
sc_code sc_wait_set_wait(sc_wait_set *set,
                         int64_t time_ns,
                         sc_ready *out,
                         uint64_t most,
                         uint64_t *count);

// Makes the wait set report the trigger.
void sc_trigger_fire(const sc_trigger *trigger);

// Frees a trigger. The wait set keeps its key.
void sc_trigger_free(sc_trigger *trigger);

/* Membership ------------------------------------------------------------------------------------------------------ */

// Reports which peers join, leave, die and fall silent.
typedef struct sc_membership sc_membership;

// What has happened to a peer.
typedef enum sc_member_kinds {
    SC_MEMBER_JOINED = 1,
    SC_MEMBER_LEFT = 2,
    SC_MEMBER_DIED = 3,
    // It has another layout, for example: see the text.
    SC_MEMBER_REFUSED = 4,
    // It has published nothing for longer than it has promised.
    SC_MEMBER_QUIET = 5,
    SC_MEMBER_ACTIVE = 6,
    // Something that this header does not know: see the text.
    SC_MEMBER_OTHER = 7,
} sc_member_kinds;

// An event of a peer.
typedef struct sc_member_event {
    // One of sc_member_kinds.
    uint32_t kind;
    // 0 if it is not known.
    uint32_t pid;
    // The identity of the peer, the lower half first.
    uint64_t id[2];
    // A sentence about it in UTF-8; cut if it is longer.
    char text[488];
} sc_member_event;

// Reports the subscribers of a publisher.
sc_code sc_publisher_membership(const sc_publisher *publisher, sc_membership **out);

// Reports the publishers of a subscriber.
sc_code sc_subscriber_membership(const sc_subscriber *subscriber, sc_membership **out);

// Receives the next event. Waits up to the time; less than 0: as long as it takes. SC_EMPTY: none came.
sc_code sc_membership_next(sc_membership *membership, int64_t time_ns, sc_member_event *out);

// Frees a membership.
void sc_membership_free(sc_membership *membership);

#ifdef __cplusplus
}
#endif

#include "slotcast_defaults.h"

#endif

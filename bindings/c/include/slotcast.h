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
    // Publishing would wait for a lossless subscriber, or an item for its client; or as many calls are
    // open as the client's window.
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
    // The service has no server.
    SC_ERROR_NO_SERVER = 27,
    // The server refuses: sc_call_code says with which code, and the text why.
    SC_ERROR_REFUSED = 28,
    // The deadline of the call has passed.
    SC_ERROR_EXPIRED = 29,
    // The server has ended before the response. Whether it acted is unknown.
    SC_ERROR_SERVER_DIED = 30,
    // Another server has taken the place of the one that was called, which does not know of the call.
    SC_ERROR_SERVER_REPLACED = 31,
    // The client wants nothing more of the call, or has ended.
    SC_ERROR_CANCELLED = 32,
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

// Reads an integer by its path, like sc_schema_read_number, and exactly. Enums give their number,
// truth values 0 or 1. SC_ERROR_ARGUMENT for what is no integer of 64 bits with a sign.
sc_code sc_schema_read_integer(const sc_schema *schema,
                               const char *path,
                               const void *data,
                               uint64_t size,
                               int64_t *number);

// Stores any value by its path as text: a string as it is, the name of an enum's value, everything
// else as JSON. Stores as sc_schema_to_json does. SC_EMPTY: there is no such element in the message.
sc_code sc_schema_read_text(const sc_schema *schema,
                            const char *path,
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

/* Messages while they are written --------------------------------------------------------------------------------- */

// A message that is published while it is written.
typedef struct sc_partial_loan sc_partial_loan;

// A message that is received while its publisher writes it.
typedef struct sc_partial sc_partial;

// What becomes of a partial message.
typedef enum sc_partial_states {
    // It is being written, or its publisher was killed meanwhile.
    SC_PARTIAL_GROWS = 1,
    // All of it is there; it is also received as a message.
    SC_PARTIAL_COMPLETE = 2,
    // No more of it will follow.
    SC_PARTIAL_ABANDONED = 3,
} sc_partial_states;

// What of a partial message is there now. Its bytes stay valid until the partial message is freed.
typedef struct sc_partial_parts {
    // The header; null without one.
    const void *header;
    // The elements, or the bytes of a message of fixed size.
    const void *data;
    // How many bytes of that are there.
    uint64_t size;
    // How many elements are there, or bytes of a message of fixed size.
    uint64_t valid;
    // How many the whole message has.
    uint64_t total;
    // The identity of the publisher, the lower half first.
    uint64_t publisher[2];
    // One of sc_partial_states.
    uint32_t state;
    uint32_t reserved;
} sc_partial_parts;

// Publishes a loan while it is still being written: subscribers that ask for it see its header as it
// is now, and what sc_partial_loan_advance finishes. The loan is spent. If this fails, it is still
// yours.
sc_code sc_publish_partial(sc_publisher *publisher, sc_loan *loan, sc_partial_loan **out);

// Stores where the rest is that is not finished, to be written, and its size in bytes.
sc_code sc_partial_loan_rest(sc_partial_loan *partial, void **data, uint64_t *size);

// Finishes the first `more` elements of the rest, or bytes of a message of fixed size. Do not write
// them any more: subscribers see them from now on.
sc_code sc_partial_loan_advance(sc_partial_loan *partial, uint64_t more);

// Publishes a partial loan as a whole, and frees it. If that fails, it stays as it was.
sc_code sc_partial_loan_finish(sc_publisher *publisher, sc_partial_loan **partial, bool wait, uint64_t *sequence);

// Abandons and frees a partial loan: subscribers keep what is finished.
void sc_partial_loan_free(sc_partial_loan *partial);

// Receives a partial message: one that its publisher publishes while it writes it. Each is received
// once. Does not wait, and progress wakes nobody: ask again. SC_EMPTY for none.
sc_code sc_receive_partial(sc_subscriber *subscriber, sc_partial **out);

// Stores what of a partial message is there now. It grows, and never shrinks.
sc_code sc_partial_view(const sc_partial *partial, sc_partial_parts *out);

// Frees a partial message.
void sc_partial_free(sc_partial *partial);

/* The state of peers ---------------------------------------------------------------------------------------------- */

// What a publisher promises a subscriber.
typedef enum sc_deliveries {
    // What is overwritten before it was read is lost.
    SC_DELIVERY_LOSSY = 1,
    // Lossless delivery was requested, and the publisher has not answered yet.
    SC_DELIVERY_PENDING = 2,
    // The publisher waits for the subscriber.
    SC_DELIVERY_LOSSLESS = 3,
    // It was lossless until the subscriber did not read in time.
    SC_DELIVERY_DETACHED = 4,
    // Lossless delivery was requested, and is not possible.
    SC_DELIVERY_REFUSED = 5,
    // Something that this header does not know.
    SC_DELIVERY_OTHER = 6,
} sc_deliveries;

// The state of a peer: of a subscriber of a publisher, or the reverse.
typedef struct sc_peer_status {
    // The identity of the peer, the lower half first.
    uint64_t id[2];
    // Its process.
    uint32_t pid;
    // One of sc_deliveries.
    uint32_t delivery;
    // How many messages are published and not read; UINT64_MAX if that is not known.
    uint64_t unread;
    // How many messages the subscriber here has received of this publisher, lost and skipped; 0 for
    // subscribers of a publisher here.
    uint64_t received;
    uint64_t lost;
    uint64_t skipped;
    // How many messages that left the ring a subscriber keeps in the memory of the publisher here.
    uint64_t held;
    // Whether large messages are held in place; otherwise they are copied.
    bool in_place;
    // Whether the peer has ended.
    bool gone;
    // What the peer is called, in UTF-8; may be empty. Cut if it is longer.
    char name[126];
    uint64_t reserved[4];
} sc_peer_status;

// Stores the state of each subscriber of a publisher: up to `most`, and how many there are.
sc_code sc_publisher_readers(const sc_publisher *publisher, sc_peer_status *out, uint64_t most, uint64_t *count);

// Stores the state of each publisher that a subscriber reads: up to `most`, and how many there are.
sc_code sc_subscriber_sources(const sc_subscriber *subscriber,
                              sc_peer_status *out,
                              uint64_t most,
                              uint64_t *count);

/* Observing unnoticed, and cleaning ------------------------------------------------------------------------------- */

// Reads a topic unnoticed.
typedef struct sc_observer sc_observer;

// Stores the names of the topics that exist now, each followed by a newline, with a NUL, and the
// length without it. A null domain is the default one. If `room` is too small, nothing but the length
// is stored, and the code is SC_ERROR_ARGUMENT.
sc_code sc_topics(const char *domain, char *text, uint64_t room, uint64_t *len);

// Creates an observer of a topic, which no publisher notices and which makes none wait. It begins up
// to `history` messages before the next one. A null domain is the default one.
sc_code sc_observer_create(const char *topic, const char *domain, uint64_t history, sc_observer **out);

// Receives the next message, as a copy. Does not wait: SC_EMPTY for none.
sc_code sc_observer_receive(sc_observer *observer, sc_message *out);

// Stores the schema of the messages, which you free.
sc_code sc_observer_schema(const sc_observer *observer, sc_schema **out);

// Returns how many messages were overwritten before they were received; 0 for null.
uint64_t sc_observer_lost(const sc_observer *observer);

// Frees an observer. Messages that are held stay valid.
void sc_observer_free(sc_observer *observer);

// Removes what dead processes have left in a domain, and nothing of live ones. A null domain is the
// default one.
sc_code sc_clean(const char *domain);

/* Events ---------------------------------------------------------------------------------------------------------- */

// Tells listeners that something has happened.
typedef struct sc_notifier sc_notifier;

// What a listener hears.
typedef enum sc_notice_kinds {
    // An event has happened: `id`, `count` times.
    SC_NOTICE_EVENT = 1,
    // A notifier has joined.
    SC_NOTICE_JOINED = 2,
    // A notifier was freed.
    SC_NOTICE_LEFT = 3,
    // The process of a notifier has ended without freeing it.
    SC_NOTICE_DIED = 4,
    // Something that this header does not know.
    SC_NOTICE_OTHER = 5,
} sc_notice_kinds;

// Hears of events, and has a descriptor once that was requested.
typedef struct sc_listener sc_listener;

// Something that a listener has heard.
typedef struct sc_notice {
    // One of sc_notice_kinds.
    uint32_t kind;
    // Of an event.
    uint32_t id;
    // How often an event has happened since the listener last heard of it from this notifier.
    uint64_t count;
    // The identity of the notifier, the lower half first.
    uint64_t notifier[2];
    // The process of the notifier.
    uint32_t pid;
    uint32_t reserved;
} sc_notice;

// Creates a notifier. A null domain is the default one.
sc_code sc_notifier_create(const char *events, const char *domain, sc_notifier **out);

// Tells each listener that an event has happened. Never waits; nothing is lost.
sc_code sc_notify(sc_notifier *notifier, uint8_t id);

// Waits until there are this many listeners, up to the time, and stores whether they are there.
sc_code sc_notifier_wait_for_listeners(const sc_notifier *notifier, uint64_t count, int64_t time_ns, bool *are_there);

// Frees a notifier. What it has told is heard.
void sc_notifier_free(sc_notifier *notifier);

// Creates a listener. With `from_start` it also hears what notifiers that are present told before. A
// null domain is the default one.
sc_code sc_listener_create(const char *events, const char *domain, bool from_start, sc_listener **out);

// Stores what is heard next. Waits up to the time; less than 0: as long as it takes. SC_EMPTY:
// nothing was heard.
sc_code sc_listen(sc_listener *listener, int64_t time_ns, sc_notice *out);

// Stores a descriptor that is readable while there is something to hear. The listener owns it.
sc_code sc_listener_event_fd(sc_listener *listener, int *fd);

// Frees a listener.
void sc_listener_free(sc_listener *listener);

/* Latest values --------------------------------------------------------------------------------------------------- */

// Sets a value, as its only writer.
typedef struct sc_value_writer sc_value_writer;

// Reads a value, and has a descriptor once that was requested.
typedef struct sc_value_reader sc_value_reader;

// Which writer has set a value, and how often it had set one then. Another value has another version.
// All zero is none.
typedef struct sc_version {
    // The identity of the writer, the lower half first: another one after a restart or a take-over.
    uint64_t writer[2];
    // How often this writer had set the value, from 1.
    uint64_t number;
} sc_version;

// Creates the writer of a value. A null domain is the default one. With `survives_writer` the value
// outlives the writer and its process. While another writer lives, waits up to `standby_ns`; less than
// 0: as long as it takes; 0: fails with SC_ERROR_EXCLUSIVE at once.
sc_code sc_value_writer_create(const char *value,
                               const sc_schema *schema,
                               const char *domain,
                               bool survives_writer,
                               int64_t standby_ns,
                               sc_value_writer **out);

// Sets the value to a copy of this many bytes. Never waits. Stores its version unless that is null.
sc_code sc_value_set(sc_value_writer *writer, const void *data, uint64_t size, sc_version *version);

// Frees a writer. Readers that have the value keep it.
void sc_value_writer_free(sc_value_writer *writer);

// Creates a reader of a value. It needs no writer. A null domain is the default one.
sc_code sc_value_reader_create(const char *value,
                               const sc_schema *schema,
                               const char *domain,
                               sc_value_reader **out);

// Stores the newest value, and its version unless that is null. Never waits. SC_EMPTY: none was ever
// set, or its writer has ended before this reader found it. What was read stays what it is.
sc_code sc_value_get(sc_value_reader *reader, sc_message *out, sc_version *version);

// Stores the newest value as soon as it is another one than that of `since`: null, or all zero, is not
// to have seen any. Waits up to the time; less than 0: as long as it takes. SC_EMPTY: it has not
// changed.
sc_code sc_value_wait(sc_value_reader *reader,
                      const sc_version *since,
                      int64_t time_ns,
                      sc_message *out,
                      sc_version *version);

// Stores whether the writer that has set a value has ended.
sc_code sc_value_writer_has_ended(sc_value_reader *reader, const sc_version *version, bool *has_ended);

// Stores a descriptor that is readable when the value may have changed, until sc_value_get has found
// nothing new. The reader owns it.
sc_code sc_value_reader_event_fd(sc_value_reader *reader, int *fd);

// Returns what ends each wait of the reader, from any thread; null for null.
sc_closer *sc_value_reader_closer(const sc_value_reader *reader);

// Frees a reader. Values that are held stay valid.
void sc_value_reader_free(sc_value_reader *reader);

/* Calls ----------------------------------------------------------------------------------------------------------- */

// Calls the servers of a service.
typedef struct sc_client sc_client;

// A call that was made.
typedef struct sc_pending_call sc_pending_call;

// Creates a client of a service. A schema of a slice is for requests, or items, of any number of
// elements. The window, 1 to 128, says how many calls can be open at once, and how many items of each
// response the server sends before the first is taken; 0 is the default. A null domain is the default
// one.
sc_code sc_client_create(const char *service,
                         const sc_schema *request,
                         const sc_schema *response,
                         const char *domain,
                         uint32_t window,
                         sc_client **out);

// Sends a request of this many bytes to one server, and stores the call. Its deadline is this time from
// now; less than 0: never. Until then waits while there is no server, or as many calls are open as the
// window. Does not wait for the response.
sc_code sc_call(sc_client *client,
                const void *data,
                uint64_t size,
                int64_t timeout_ns,
                sc_pending_call **out);

// Sends a request like sc_call, but does not wait: SC_FULL, or SC_ERROR_NO_SERVER.
sc_code sc_try_call(sc_client *client,
                    const void *data,
                    uint64_t size,
                    int64_t timeout_ns,
                    sc_pending_call **out);

// Stores the next item of the response. Waits up to the time; less than 0: until the deadline. SC_EMPTY:
// none came in time. SC_ENDED: there are no more. The errors say how the call has ended otherwise.
sc_code sc_call_next(sc_pending_call *call, int64_t time_ns, sc_message *out);

// Returns the code with which the server has refused the call, after SC_ERROR_REFUSED; otherwise 0.
uint32_t sc_call_code(const sc_pending_call *call);

// Frees a call. If its response has not ended, it is cancelled: the server is told.
void sc_call_free(sc_pending_call *call);

// Stores how many servers the service has.
sc_code sc_client_count_servers(sc_client *client, uint64_t *count);

// Stores a descriptor that is readable until sc_call_next of each open call has found nothing. It does
// not tell of deadlines and of servers that have died: try again after 100 ms. The client owns it.
sc_code sc_client_event_fd(sc_client *client, int *fd);

// Frees a client. Calls that were made go on until they are freed.
void sc_client_free(sc_client *client);

/* Serving calls --------------------------------------------------------------------------------------------------- */

// A call that a server is working on, until it has ended.
typedef struct sc_server_call sc_server_call;

// Serves the calls of a service.
typedef struct sc_server sc_server;

// Creates a server of a service. A schema of a slice is for requests, or items, of any number of
// elements. With `any` it is one of any number of servers, and each call goes to one. Otherwise it is the
// only one. While another one lives, waits up to `standby_ns`; less than 0: as long as it takes; 0: fails
// with SC_ERROR_EXCLUSIVE at once. A null domain is the default one.
sc_code sc_server_create(const char *service,
                         const sc_schema *request,
                         const sc_schema *response,
                         const char *domain,
                         bool any,
                         int64_t standby_ns,
                         sc_server **out);

// Stores the next call that has neither expired nor been cancelled. Waits up to the time; less than 0: as
// long as it takes. SC_EMPTY: there is none. The call can be used in another thread.
sc_code sc_server_next(sc_server *server, int64_t time_ns, sc_server_call **out);

// Stores a descriptor that is readable when there may be calls, until sc_server_next has found none. The
// server owns it.
sc_code sc_server_event_fd(sc_server *server, int *fd);

// Frees a server. It takes no more calls, and refuses those that were not taken. The others go on.
void sc_server_free(sc_server *server);

// Stores the request of a call. It may outlive the call.
sc_code sc_server_call_request(sc_server_call *call, sc_message *out);

// Returns how long it is until the deadline: 0 if it has passed or the call has ended, `INT64_MAX` for
// never.
int64_t sc_server_call_remaining(const sc_server_call *call);

// Returns whether the client wants nothing more of the call, or has ended, or the deadline has passed. So
// it is of a call that has ended.
bool sc_server_call_is_cancelled(const sc_server_call *call);

// Sends an item of this many bytes. Waits up to the time while the client has not taken as many as its
// window; less than 0: until the deadline. SC_FULL: it was not sent.
sc_code sc_server_call_send(sc_server_call *call, const void *data, uint64_t size, int64_t time_ns);

// Sends the last item of the response, or the only one, as sc_server_call_send does. Then the call has
// ended.
sc_code sc_server_call_respond(sc_server_call *call, const void *data, uint64_t size, int64_t time_ns);

// Ends the response after the items that were sent.
sc_code sc_server_call_finish(sc_server_call *call);

// Refuses the request, or ends the response with an error. Of the text 64 bytes are kept.
sc_code sc_server_call_refuse(sc_server_call *call, uint32_t code, const char *reason);

// Frees a call. If it has not ended, it is refused, with the code `UINT32_MAX`.
void sc_server_call_free(sc_server_call *call);

/* Counters and errors, for people and monitoring to see ----------------------------------------------------------- */

// A set of counters, and of errors that have happened.
typedef struct sc_counters sc_counters;

// A number that others see.
typedef struct sc_counter sc_counter;

// Creates a set of counters. A null domain is the default one.
sc_code sc_counters_create(const char *counters, const char *domain, sc_counters **out);

// Stores the counter of a label, which is created if it does not exist. The unit is for people; null
// for none. It may outlive its set.
sc_code sc_counters_counter(const sc_counters *counters, const char *label, const char *unit, sc_counter **out);

// Reports an error, or anything else that people should know of. Others see its text, how often it has
// happened, and when first and last. Any thread can do that.
sc_code sc_counters_report(const sc_counters *counters, const char *error);

// Adds a number to a counter, which may be negative. Any thread can do that, and none waits.
void sc_counter_add(const sc_counter *counter, int64_t number);

// Sets a counter: for what is measured, and not counted. Any thread can do that.
void sc_counter_set(const sc_counter *counter, int64_t number);

// Returns the number of a counter; 0 for null.
int64_t sc_counter_get(const sc_counter *counter);

// Frees the handle of a counter, which stays in its set.
void sc_counter_free(sc_counter *counter);

// Frees a set of counters. Nobody finds them any more.
void sc_counters_free(sc_counters *counters);

/* Waiting for several things -------------------------------------------------------------------------------------- */

// Wakes a wait set, from any thread.
typedef struct sc_trigger sc_trigger;

// Why something is reported.
typedef enum sc_ready_kinds {
    // A subscriber has messages, or a listener hears something.
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

// Adds a subscriber. This and the next four store the key by which sc_wait_set_wait reports it.
sc_code sc_wait_set_add_subscriber(sc_wait_set *set, sc_subscriber *subscriber, uint64_t *key);

// Adds a listener.
sc_code sc_wait_set_add_listener(sc_wait_set *set, sc_listener *listener, uint64_t *key);

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

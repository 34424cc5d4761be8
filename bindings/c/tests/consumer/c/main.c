/* Publishes one message to itself. */
#include <slotcast.h>
#include <stdio.h>

typedef struct Tick {
    uint64_t count;
} Tick;
SC_STRUCT(Tick, "Tick", 0, SC_FIELD(Tick, count, SC_U64));

int main(void) {
    sc_schema *schema = NULL;
    sc_subscriber *subscriber = NULL;
    sc_publisher *publisher = NULL;
    sc_message message = sc_message_none();
    const Tick tick = {42};
    if (sc_schema_describe(SC_TYPE(Tick), &schema) != SC_OK ||
        sc_subscriber_create("consumer/tick", schema, NULL, &subscriber) != SC_OK ||
        sc_publisher_create("consumer/tick", schema, NULL, &publisher) != SC_OK ||
        sc_publish(publisher, &tick, sizeof tick, true, NULL) != SC_OK ||
        sc_receive(subscriber, -1, &message) != SC_OK) {
        fprintf(stderr, "%s\n", sc_last_error());
        return 1;
    }
    printf("%d\n", (int)((const Tick *)message.data)->count);
    sc_message_release(&message);
    sc_publisher_free(publisher);
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
    return 0;
}

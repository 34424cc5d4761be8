/* Prints what `publisher` counts, until it is killed. */
#include "tick.h"
#include <stdio.h>

int main(void) {
    sc_schema *schema = NULL;
    sc_subscriber *subscriber = NULL;
    sc_message message = sc_message_none();
    if (sc_schema_describe(SC_TYPE(Tick), &schema) != SC_OK ||
        sc_subscriber_create("hello/tick", schema, NULL, &subscriber) != SC_OK) {
        fprintf(stderr, "%s\n", sc_last_error());
        return 1;
    }
    while (sc_receive(subscriber, -1, &message) == SC_OK) {
        printf("%llu\n", (unsigned long long)((const Tick *)message.data)->count);
        fflush(stdout);
        sc_message_release(&message);
    }
    fprintf(stderr, "%s\n", sc_last_error());
    return 1;
}

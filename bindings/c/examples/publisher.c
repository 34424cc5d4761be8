/* Counts, ten times a second, until it is killed. Run it beside `subscriber`, in any order. */
#include "tick.h"
#include <stdio.h>
#include <time.h>

int main(void) {
    sc_schema *schema = NULL;
    sc_publisher *publisher = NULL;
    if (sc_schema_describe(SC_TYPE(Tick), &schema) != SC_OK ||
        sc_publisher_create("hello/tick", schema, NULL, &publisher) != SC_OK) {
        fprintf(stderr, "%s\n", sc_last_error());
        return 1;
    }
    for (Tick tick = {0};; tick.count++) {
        if (sc_publish(publisher, &tick, sizeof tick, true, NULL) != SC_OK) {
            fprintf(stderr, "%s\n", sc_last_error());
        }
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
}

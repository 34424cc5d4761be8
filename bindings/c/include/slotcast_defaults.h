/* Structs as they begin: options with their default values, and places for messages and loans. slotcast.h includes
 * this. */
#ifndef SLOTCAST_DEFAULTS_H
#define SLOTCAST_DEFAULTS_H

#include "slotcast.h"

#include <string.h>

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

/* A place for a message, in which none is. */
static inline SC_UNUSED sc_message sc_message_none(void) {
    sc_message message;
    message.struct_size = sizeof message;
    message.data = NULL; /* the rest is stored with a message */
    return message;
}

/* A place for a loan, in which none is. */
static inline SC_UNUSED sc_loan sc_loan_none(void) {
    sc_loan loan;
    loan.struct_size = sizeof loan;
    loan.data = NULL; /* the rest is stored with a loan */
    return loan;
}

#endif

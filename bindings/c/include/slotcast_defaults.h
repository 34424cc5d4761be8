/* Options with their default values. slotcast.h includes this. */
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

#endif

/* One loop for messages of a topic and lines of the standard input: prints both, until the input ends. */
#include "tick.h"
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static int failed(void) {
    fprintf(stderr, "%s\n", sc_last_error());
    return 1;
}

/* Prints all messages that are there: the descriptor is readable until none is left. */
static int print_messages(sc_subscriber *subscriber) {
    sc_message message = sc_message_none();
    sc_code code;
    while ((code = sc_receive(subscriber, 0, &message)) == SC_OK) {
        printf("tick %llu\n", (unsigned long long)((const Tick *)message.data)->count);
        fflush(stdout);
        sc_message_release(&message);
    }
    return code == SC_EMPTY;
}

int main(void) {
    sc_schema *schema = NULL;
    sc_subscriber *subscriber = NULL;
    int messages = -1;
    if (sc_schema_describe(SC_TYPE(Tick), &schema) != SC_OK ||
        sc_subscriber_create("hello/tick", schema, NULL, &subscriber) != SC_OK ||
        sc_subscriber_event_fd(subscriber, &messages) != SC_OK) {
        return failed();
    }
    int epoll = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
    struct epoll_event topic = {.events = EPOLLIN, .data.fd = messages};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, messages, &topic) != 0) {
        perror("epoll");
        return 1;
    }
    for (struct epoll_event ready; epoll_wait(epoll, &ready, 1, -1) == 1;) {
        if (ready.data.fd == messages) {
            if (!print_messages(subscriber)) {
                return failed();
            }
            continue;
        }
        char bytes[256];
        const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes - 1);
        if (count <= 0) {
            break;
        }
        bytes[count] = '\0';
        printf("input %s", bytes);
        fflush(stdout);
    }
    close(epoll);
    sc_subscriber_free(subscriber);
    sc_schema_free(schema);
    return 0;
}

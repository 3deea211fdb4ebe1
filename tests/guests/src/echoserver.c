/* echoserver PORT: listens on TCP at 127.0.0.1, says "listening", and gives every connection, one after the other, its bytes back until it ends. */
#include "net.h"

static char buffer[65536];

static int run(void)
{
    struct sockaddr address;
    int listener = must("socket", (s32)sys(SYS_socket, AF_INET, SOCK_STREAM, 0));
    u32 size = inet_address(&address, 0x7F000001, (u32)argument(1, 7000));
    must("bind", (s32)sys(SYS_bind, listener, &address, size));
    must("listen", (s32)sys(SYS_listen, listener, 5));
    say("listening");
    s32 fd;
    while ((fd = (s32)sys(SYS_accept4, listener, 0, 0, 0)) >= 0) {
        s32 length;
        while ((length = (s32)sys(SYS_read, fd, buffer, sizeof buffer)) > 0)
            for (s32 done = 0; done < length;) {
                s32 written = (s32)sys(SYS_sendto, fd, buffer + done, length - done, MSG_NOSIGNAL, 0, 0);
                if (written < 0) break;
                done += written;
            }
        sys(SYS_close, fd);
    }
    return show("accept", fd) != 0;
}

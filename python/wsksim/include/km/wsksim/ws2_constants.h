/*
 * ws2_constants.h: numbers of sockets.
 * Made by .ci/c_surface.py; do not edit.
 */
#ifndef WSKSIM_WS2_CONSTANTS_H
#define WSKSIM_WS2_CONSTANTS_H

#include "types.h"

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 23
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5
#define SOL_SOCKET 0xffff
#define SO_DEBUG 0x1
#define SO_ACCEPTCONN 0x2
#define SO_REUSEADDR 0x4
#define SO_KEEPALIVE 0x8
#define SO_DONTROUTE 0x10
#define SO_BROADCAST 0x20
#define SO_LINGER 0x80
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_CONDITIONAL_ACCEPT 0x3002
#define TCP_NODELAY 1
#define INADDR_ANY 0x00000000
#define INADDR_LOOPBACK 0x7f000001
#define INADDR_BROADCAST 0xffffffff
#define INADDR_NONE 0xffffffff
#define MSG_TRUNC 0x100
#define MSG_CTRUNC 0x200
#define MSG_BCAST 0x400
#define MSG_MCAST 0x800
#define IOC_VOID 0x20000000
#define IOC_OUT 0x40000000
#define IOC_IN 0x80000000
#define IOC_INOUT 0xC0000000
#define IOC_WS2 0x08000000
#define SIO_ADDRESS_LIST_QUERY 0x48000016
#define SIO_ADDRESS_LIST_CHANGE 0x28000017
#define SIO_ADDRESS_LIST_SORT 0xC8000019
#define AI_PASSIVE 0x1
#define AI_CANONNAME 0x2
#define AI_NUMERICHOST 0x4
#define AI_NUMERICSERV 0x8
#define NI_NUMERICHOST 0x2
#define NI_NUMERICSERV 0x8
#define NI_DGRAM 0x10
#define NI_MAXHOST 1025
#define NI_MAXSERV 32
#define NS_ALL 0

typedef enum _IPPROTO {
    IPPROTO_ICMP = 1,
    IPPROTO_TCP = 6,
    IPPROTO_UDP = 17,
    IPPROTO_ICMPV6 = 58,
    IPPROTO_RAW = 255,
} IPPROTO, *PIPPROTO;

#define IPPROTO_IP 0
#define IPPROTO_IPV6 41
#define IPV6_V6ONLY 27
#define SO_EXCLUSIVEADDRUSE 0xfffffffb

#endif /* WSKSIM_WS2_CONSTANTS_H */

"""Many threads on one subsystem, for the thread sanitizer: workers, posts, opens, closes, requests.

    python tests/ends/crowd.py [--rounds 20]

Says how many edges were handled. What it is for is what the sanitizer reports meanwhile.
"""

import argparse
import threading

import wsksim
from wsksim import wsk


def good(SocketContext, Flags):
    return 0


def one_round(number: int) -> int:
    """One subsystem with three workers and four threads of the application's; how many edges were handled."""
    subsystem = wsksim.Subsystem(seed=number)
    npi = subsystem.WskCaptureProviderNPI(subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH()), wsk.WSK_INFINITE_WAIT)[1]

    def opens():
        before = subsystem.connect_many(1, good)
        for _ in range(30):
            fleet = subsystem.connect_many(50, good)
            fleet.remote.disconnect()
            fleet.disable()
            fleet.enable()
            # Edges of this one are handled meanwhile; some of that one's are cancelled.
            before.close()
            before = fleet

    def asks():
        for _ in range(50):
            irp = wsk.IRP()
            npi.WskSocket(
                wsk.AF_INET,
                wsk.SOCK_STREAM,
                wsk.IPPROTO_TCP,
                wsk.WSK_FLAG_CONNECTION_SOCKET,
                None,
                None,
                None,
                None,
                None,
                irp,
            )
            irp.wait()
            socket, irp = irp.IoStatus.Information, wsk.IRP()
            socket.WskCloseSocket(irp)
            irp.wait()

    def batches():
        for _ in range(30):
            fleet = subsystem.connect_many(50, wsksim.batch_handler(lambda contexts, flags: None))
            fleet.remote.abort()
            fleet.close()

    threads = [threading.Thread(target=work) for work in (opens, opens, asks, batches)]
    with subsystem.workers(3) as workers:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        workers.drain()
    books = subsystem.counters()
    subsystem.close()
    return sum(books["indicated"].values())


def main() -> None:
    """Runs the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    handled = sum(one_round(number) for number in range(asked.rounds))
    print(f"crowd: {handled} edges handled in {asked.rounds} rounds")


if __name__ == "__main__":
    main()

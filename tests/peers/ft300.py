"""The FT 300 behind the URCap: python3 ft300.py HOST STREAM_PORT COMMAND_PORT [plain|pieces|lines|still].

100 Hz of text; 0 for no command port. still: its 50th to 150th sample are one and the same."""
import itertools, socket, sys, threading, time

host, stream_port, command_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
style = sys.argv[4] if len(sys.argv) > 4 else "plain"


def listen(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    s.listen(4)
    return s


def tuple_text(n):
    # Fx counts, so that a reader can check order and loss
    if style == "still" and 50 <= n < 150:
        n = 50
    if style == "lines":
        return "(%d,-1.5E+00,+2.25, 0.01 ,-0.02,3e-2)\r\n" % n
    return "( %d , -1.5 , 2.25 , 0.01 , -0.02 , 0.03 )" % n


def stream(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    start = time.monotonic()
    try:
        client.sendall(b" 4.5 , 0.1 )")  # the end of a tuple that began before the client came
        for n in itertools.count():
            time.sleep(max(0, start + n * 0.01 - time.monotonic()))
            text = tuple_text(n).encode()
            if style == "pieces":  # cut anywhere, two sends a sample
                cut = 1 + n % (len(text) - 1)
                client.sendall(text[:cut])
                client.sendall(text[cut:])
            else:
                client.sendall(text)
    except OSError:
        client.close()


def command(client):
    try:
        for line in client.makefile("r"):
            word = line.strip()
            reply = {"SET ZRO": "Done", "GET SNU": "SNU FT3-1234", "GET FMW": "FTS-1.2.3", "GET PYE": "2020"}.get(word, "?")
            client.sendall(reply.encode() + b"\n")
    except OSError:
        pass


def accept(server, serve):
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


if command_port:
    threading.Thread(target=accept, args=(listen(command_port), command), daemon=True).start()
server = listen(stream_port)
print("ready", flush=True)
accept(server, stream)

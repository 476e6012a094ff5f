"""A client of the FT 300's ports: python3 ft300_client.py HOST STREAM_PORT COMMAND_PORT SAMPLES. Prints mean and scatter, then the same zeroed."""
import re, socket, statistics, sys

host, stream_port, command_port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


def read(n):
    s = socket.create_connection((host, stream_port), 10)
    s.settimeout(10)
    text = ""
    while text.count(")") < n:
        got = s.recv(4096)
        assert got, "closed"
        text += got.decode("ascii")
    s.close()
    assert "\n" not in text
    rows = re.findall(r"\( (\S+) , (\S+) , (\S+) , (\S+) , (\S+) , (\S+) \)", text)
    assert len(rows) >= n, text[:200]
    return [[float(v) for v in row] for row in rows[:n]]


def show(name, rows):
    columns = list(zip(*rows))
    print(name, *("%.3f" % statistics.mean(c) for c in columns), *("%.4f" % statistics.stdev(c) for c in columns))


c = socket.create_connection((host, command_port), 10)
c.settimeout(10)
f = c.makefile("r")


def ask(text):
    c.sendall(text.encode() + b"\n")
    return f.readline().strip()


print(ask("GET SNU"), ask("GET FMW"), ask("GET PYE"), ask("GET XYZ"))
show("raw", read(count))
print(ask("SET ZRO"))
show("zero", read(count))

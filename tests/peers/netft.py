"""An ATI Net F/T (or, with --onrobot, an OnRobot HEX) as its documents have it: python3 netft.py HOST UDP_PORT HTTP_PORT [--onrobot].

The force's x and y are CLOCK_MONOTONIC at the sample, s and ns; z counts samples; torques are 10, 20, 30 counts.
Orders come on standard input, one a line, each answered by "ok" on standard output:
  set NAME TEXT     an element of the page (cfgcpf, cfgcpt, scfgfu, scfgtu, comrdte, comrdtrate …); comrdtrate alone does not change
  rate HZ           what is really sent
  freeze on|off     the converter stands
  status HEX        of every record from now on
  lose N            the next N records are not sent
  twice N           the next N records are sent twice
  swap N            N times, a record is sent after the next one
  deaf N            the next N start requests get lost
  new               both numbers begin again; the stream goes on
  garbage TEXT      datagrams of this text instead of records; without a text: records again
  page TEXT         the whole page; "slow": one that never ends, "huge": one of 10 MB
  requests          prints the requests since the last time, as command:data, before its ok
"""
import socket, struct, sys, threading, time

host, udp_port, http_port, onrobot = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "--onrobot" in sys.argv
page = {"runstat": "0x00000000", "runrate": "7000", "cfgcalsn": "FT27462", "scfgfu": "N", "scfgtu": "Nm", "cfgtfx": "0;0;0;0;0;0",
        "cfgcpf": "1", "cfgcpt": "1000", "setbias": "0;0;0;0;0;0", "comrdte": "Enabled", "comrdtrate": "1000", "mfgdigver": "2.2.59"}
now = {"rate": 1000.0, "frozen": False, "status": 0, "lose": 0, "twice": 0, "swap": 0, "deaf": 0, "garbage": b"", "page": None,
       "client": None, "rdt": 0, "left": 0, "ft": 0, "requests": [], "bias": False}
lock = threading.Lock()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((host, udp_port))


def requests():
    while True:
        data, address = udp.recvfrom(64)
        if len(data) != 8:
            continue
        header, command, count = struct.unpack(">HHI", data)
        if header != 0x1234:
            continue
        with lock:
            now["requests"].append("%x:%d" % (command, count))
            if command == 2 and now["deaf"] > 0:
                now["deaf"] -= 1
            elif command == 2:
                now.update(client=address, rdt=0, left=count)
            elif command == 0:
                now["client"] = None
            elif command == 0x42:
                now["bias"] = count == 0xFF if onrobot else True
            elif command == 0x82 and onrobot:
                now["rate"] = 1000.0 / count


def records():
    due, kept, values = time.monotonic(), None, None
    while True:
        with lock:
            due += 1 / now["rate"]
        time.sleep(max(0, due - time.monotonic()))
        with lock:
            if not now["frozen"] or values is None:
                now["ft"] += 7
                ns = int(due * 1e9)
                values = (now["ft"], ns // 10**9, ns % 10**9, now["ft"] // 7)
            if now["client"] is None:
                continue
            now["rdt"] += 1
            record = struct.pack(">IIIiiiiii", now["rdt"], values[0] & 0xFFFFFFFF, now["status"], *values[1:], 10, 20, 30)
            out = [now["garbage"] or record]
            if now["lose"] > 0:
                now["lose"] -= 1
                out = []
            elif now["twice"] > 0:
                now["twice"] -= 1
                out = [record, record]
            elif kept is not None:
                out, kept = [record, kept], None
            elif now["swap"] > 0:
                now["swap"] -= 1
                out, kept = [], record
            for datagram in out:
                try:
                    udp.sendto(datagram, now["client"])
                except OSError:
                    pass
            if now["left"] > 0 and now["rdt"] >= now["left"]:
                now["client"] = None


def serve(client):
    with client:
        request = client.recv(4096).decode()
        with lock:
            mode = now["page"]
            body = mode or '<?xml version="1.0"?><netft>%s</netft>' % "".join("<%s>%s</%s>" % (k, v, k) for k, v in page.items())
        if not request.startswith("GET /netftapi2.xml"):
            client.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif mode == "slow":
            try:
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\n<netft>")
                while True:
                    client.sendall(b" ")
                    time.sleep(0.1)
            except OSError:
                pass
        else:
            body = "<netft>" + " " * 10**7 if mode == "huge" else body
            try:
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + body.encode())
            except OSError:
                pass


def pages():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, http_port))
    server.listen(4)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


for body in [requests, records] + ([] if onrobot else [pages]):
    threading.Thread(target=body, daemon=True).start()
time.sleep(0.05)
print("ready", flush=True)
for line in sys.stdin:
    order, _, rest = line.strip().partition(" ")
    with lock:
        if order == "set":
            name, _, text = rest.partition(" ")
            page[name] = text
        elif order == "rate":
            now["rate"] = float(rest)
        elif order == "freeze":
            now["frozen"] = rest == "on"
        elif order == "status":
            now["status"] = int(rest, 16)
        elif order in ("lose", "twice", "swap", "deaf"):
            now[order] = int(rest)
        elif order == "new":
            now.update(rdt=0, ft=0)
        elif order == "garbage":
            now["garbage"] = rest.encode()
        elif order == "page":
            now["page"] = rest or None
        elif order == "requests":
            print(" ".join(now["requests"]))
            now["requests"] = []
        else:
            sys.exit("no order " + order)
    print("ok", flush=True)

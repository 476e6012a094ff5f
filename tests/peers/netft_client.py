"""A client of RDT records: netft_client.py HOST UDP_PORT HTTP_PORT COUNT. Reads the page (HTTP_PORT 0: none), streams COUNT records
as asked, biases, streams again; prints what it read. Written from the documents; standard library only."""
import socket, statistics, struct, sys, urllib.request, xml.etree.ElementTree as tree

host, udp_port, http_port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
cpf, cpt = 10000.0, 100000.0
if http_port:
    with urllib.request.urlopen("http://%s:%d/netftapi2.xml" % (host, http_port), timeout=20) as answer:
        page = {e.tag: e.text for e in tree.fromstring(answer.read())}
    cpf, cpt = float(page["cfgcpf"]), float(page["cfgcpt"])
    print("page", *(page[k] for k in ("scfgfu", "scfgtu", "cfgcpf", "cfgcpt", "comrdte", "comrdtrate", "cfgcalsn", "setbias")))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((host, udp_port))
s.settimeout(20)


def read(name):
    s.send(struct.pack(">HHI", 0x1234, 2, count))
    rows = [struct.unpack(">IIIiiiiii", s.recv(2048)) for _ in range(count)]
    assert [r[0] for r in rows] == list(range(1, count + 1)), "records " + str([r[0] for r in rows])
    steps = {b[1] - a[1] for a, b in zip(rows, rows[1:])}
    scale = [cpf] * 3 + [cpt] * 3
    means = [statistics.mean(r[3 + i] for r in rows) / scale[i] for i in range(6)]
    print(name, *("%.4f" % m for m in means), "steps", *sorted(steps), "status", *{r[2] for r in rows})
    s.settimeout(0.3)
    try:
        s.recv(2048)
        print("more came than was asked for")
    except socket.timeout:
        pass
    s.settimeout(20)


read("raw")
s.send(struct.pack(">HHI", 0x1234, 0x42, 0xFF))
read("biased")

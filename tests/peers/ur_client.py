"""Checks a UR controller from outside, with nothing but struct and sockets: an independent reading of UR's guides.

    ur_client.py HOST           prints what it found, one line a check; exit code 1 and a reason when something is wrong

The arm must be powered, released and free to move about half a radian: this moves it.
"""
import math
import socket
import struct
import sys
import time

HOST = sys.argv[1]
STEP = 0.002
FORMATS = {'BOOL': '?', 'UINT8': 'B', 'UINT32': 'I', 'UINT64': 'Q', 'INT32': 'i', 'DOUBLE': 'd',
           'VECTOR3D': '3d', 'VECTOR6D': '6d', 'VECTOR6INT32': '6i', 'VECTOR6UINT32': '6I'}


def check(condition, what):
    if not condition:
        print('WRONG:', what)
        sys.exit(1)


def connect(port):
    s = socket.create_connection((HOST, port), timeout=20)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def read_exactly(s, count):
    data = b''
    while len(data) < count:
        part = s.recv(count - len(data))
        check(part, 'the controller closed a connection')
        data += part
    return data


class Rtde:
    def __init__(self):
        self.socket = connect(30004)
        check(self.ask('V', struct.pack('>H', 2)) == b'\1', 'protocol version 2 is accepted')
        self.version = struct.unpack('>4I', self.ask('v', b''))

    def send(self, kind, payload):
        self.socket.sendall(struct.pack('>HB', 3 + len(payload), ord(kind)) + payload)

    def read(self):
        size, kind = struct.unpack('>HB', read_exactly(self.socket, 3))
        return chr(kind), read_exactly(self.socket, size - 3)

    def ask(self, kind, payload):
        self.send(kind, payload)
        while True:
            got, answer = self.read()
            if got == kind:
                return answer

    def outputs(self, names):
        reply = self.ask('O', struct.pack('>d', 500) + ','.join(names).encode())
        types = reply[1:].decode().split(',')
        check(len(types) == len(names), 'one type for each name')
        if 'NOT_FOUND' not in types:
            self.recipe, self.names, self.types = reply[0], names, types
            self.format = '>' + ''.join(FORMATS[t] for t in types)
        return types

    def inputs(self, names):
        reply = self.ask('I', ','.join(names).encode())
        return reply[0], reply[1:].decode().split(',')

    def start(self):
        check(self.ask('S', b'') == b'\1', 'the start is accepted')

    def sample(self):
        while True:
            kind, payload = self.read()
            if kind != 'U':
                continue
            check(payload[0] == self.recipe, 'the recipe of a data package')
            check(len(payload) == 1 + struct.calcsize(self.format), 'the size of a data package')
            values, sample = list(struct.unpack(self.format, payload[1:])), {}
            for name, type_ in zip(self.names, self.types):
                n = 6 if type_.startswith('VECTOR6') else 3 if type_ == 'VECTOR3D' else 1
                sample[name], values = (values[0] if n == 1 else values[:n]), values[n:]
            return sample


class Primary:
    def __init__(self, port):
        self.socket = connect(port)
        kind, body = self.package()
        check(kind == 20 and body[9] == 3 and body[11:20] == b'URControl', 'the first package is the version message')

    def package(self):
        size, kind = struct.unpack('>ib', read_exactly(self.socket, 5))
        return kind, read_exactly(self.socket, size - 5)

    def messages(self, until):
        found = []
        while True:
            kind, body = self.package()
            if kind == 20:
                found.append((body[9], body[10:]))
                if until in body:
                    return found

    def state(self):
        while True:
            kind, body = self.package()
            if kind != 16:
                continue
            parts, at = {}, 0
            while at < len(body):
                size, part = struct.unpack_from('>IB', body, at)
                check(size >= 5 and at + size <= len(body), 'the size of a part of the state')
                parts[part] = body[at + 5:at + size]
                at += size
            return parts


def dashboard(*commands):
    s = connect(29999)
    f = s.makefile('rb')
    check(f.readline() == b'Connected: Universal Robots Dashboard Server\n', 'the greeting of the dashboard')
    answers = []
    for command in commands:
        s.sendall(command.encode() + b'\n')
        answers.append(f.readline().decode().rstrip('\n'))
    return answers


SCRIPT = '''
def hand_written():
  textmsg("from ", get_actual_joint_positions())
  movej([0.3, -1.4, 1.4, -1.5, -1.5, 0.2], a=3, v=1.5)
  write_output_integer_register(24, 1)
  base = get_target_joint_positions()
  target = base
  i = 0
  while i < 500:
    target[0] = base[0] + 0.4 * i * get_steptime()
    target[5] = base[5] - 0.2 * i * get_steptime()
    servoj(target, t=get_steptime(), lookahead_time=0.03, gain=2000)
    i = i + 1
  end
  write_output_integer_register(24, 2)
  stopj(4)
  write_output_integer_register(24, 3)
  textmsg("to ", get_actual_joint_positions())
  sleep(0.1)
end
'''


def check_motion(samples):
    for a, b in zip(samples, samples[1:]):
        step = b['timestamp'] - a['timestamp']
        check(abs(step - STEP) < STEP * 2e-4, 'a time step of %g s' % step)
        for i in range(6):
            moved = b['target_q'][i] - a['target_q'][i]
            check(abs(moved / STEP - b['target_qd'][i]) < 5e-3, 'speed is the change of position: %g, %g' % (moved / STEP, b['target_qd'][i]))
            check(abs(b['target_qd'][i]) < 1.5 + 1e-3, 'a speed of %g rad/s' % b['target_qd'][i])
    phase = lambda n: [s for s in samples if s['output_int_register_24'] == n and s['runtime_state'] == 2]
    move, servo = phase(0), phase(1)
    top = max(max(abs(v) for v in s['target_qd']) for s in move)
    rise = max(abs(b['target_qd'][i] - a['target_qd'][i]) / STEP for a, b in zip(move, move[1:]) for i in range(6))
    check(rise < 3.01, 'movej accelerates with %g rad/s^2' % rise)
    end = move[-1]['target_q']
    check(max(abs(a - b) for a, b in zip(end, [0.3, -1.4, 1.4, -1.5, -1.5, 0.2])) < 1e-9, 'movej ends at %s' % end)
    check(480 <= len(servo) <= 520, 'servoj takes one cycle each: %d' % len(servo))
    worst = 0
    for k in range(100, 495):  # on a ramp servoj lags by its lookahead time, here 15 cycles
        worst = max(worst, abs(servo[k]['actual_q'][0] - (0.3 + 0.4 * STEP * (k - 15))), abs(servo[k]['actual_q'][5] - (0.2 - 0.2 * STEP * (k - 15))))
    check(worst < 0.002, 'servoj is %g rad off its ramp' % worst)
    check(all(v == 0 for v in samples[-1]['target_qd']), 'the arm stands in the end')
    print('motion: top speed %.3f rad/s, acceleration %.3f rad/s2, servoj error %.5f rad over %d cycles' % (top, rise, worst, len(servo)))


def main():
    answers = dashboard('robotmode', 'safetystatus', 'get serial number', 'PolyscopeVersion', 'running', 'nonsense', 'quit')
    check(answers[0] == 'Robotmode: RUNNING' and answers[1].startswith('Safetystatus: NORMAL'), answers)
    check(answers[2].isdigit() and answers[5].startswith('could not understand') and answers[6] == 'Disconnected', answers)
    print('dashboard:', answers)

    rtde = Rtde()
    check(rtde.version[0] == 5, rtde.version)
    check(rtde.outputs(['timestamp', 'no_such_field']) == ['DOUBLE', 'NOT_FOUND'], 'NOT_FOUND is said')
    rtde.outputs(['timestamp', 'actual_q', 'target_q', 'target_qd', 'actual_TCP_pose', 'robot_mode', 'safety_mode', 'runtime_state',
                  'robot_status_bits', 'safety_status_bits', 'output_int_register_24'])
    check(rtde.inputs(['input_int_register_30'])[0] == 1, 'the first input recipe is 1')
    other = Rtde()
    check(other.inputs(['input_int_register_30']) == (0, ['IN_USE']), 'an input has one owner')

    primary, secondary = Primary(30001), Primary(30002)
    parts = primary.state()
    check({0, 1, 4, 5, 6} <= set(parts), 'the parts of the state: %s' % sorted(parts))
    a = struct.unpack_from('>6d', parts[5], 24 + 48)
    check(abs(a[1] + 0.425) < 0.01, 'the second link of a UR5e: %g' % a[1])

    rtde.start()
    first = rtde.sample()
    check(first['robot_mode'] == 7 and first['safety_mode'] == 1 and first['safety_status_bits'] == 1, first)
    joints = [struct.unpack_from('>3d', parts[1], 41 * i) for i in range(6)]
    check(all(abs(j[0] - q) < 1e-6 for j, q in zip(joints, first['actual_q'])), 'state and RTDE agree on the joints')

    secondary.socket.sendall(SCRIPT.encode())
    samples, deadline = [], time.monotonic() + 60
    while not (samples and samples[-1]['output_int_register_24'] == 3 and samples[-1]['runtime_state'] == 1):
        samples.append(rtde.sample())
        check(samples[-1]['robot_status_bits'] == (3 if samples[-1]['runtime_state'] == 2 else 1), 'the bits tell of the program')
        check(time.monotonic() < deadline, 'the program ends in time')
    check_motion(samples)

    messages = primary.messages(b'PROGRAM_XXX_STOPPED')
    kinds = [kind for kind, _ in messages]
    check(kinds == [7, 0, 0, 7], 'started, two texts, stopped: %s' % kinds)
    check(messages[0][1].endswith(b'PROGRAM_XXX_STARTEDhand_written'), messages[0])
    check(messages[1][1].startswith(b'from [') and messages[2][1].startswith(b'to ['), messages)

    primary.socket.sendall(b'def bad():\n  movej([0,0,0,0,0,0])\n  no_such_function(1)\nend\n')
    kind, body = primary.messages(b'no_such_function')[-1]
    check(kind == 10, 'a compile error is a runtime exception message')
    check(struct.unpack_from('>ii', body) == (3, 3) and body[8:] == b'compile_error_name_not_found:no_such_function:', body)
    check(dashboard('running') == ['Program running: false'], 'a program with an error does not start')

    rtde.socket.close()
    deadline = time.monotonic() + 20
    while other.inputs(['input_int_register_30'])[1] != ['INT32']:
        check(time.monotonic() < deadline, 'an input is free when its owner has gone')
        time.sleep(0.02)
    print('messages, errors and ownership: as documented')


main()

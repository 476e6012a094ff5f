"""A Modbus server by pymodbus: modbus_server.py rtu PATH | tcp HOST PORT. Unit 9; holding register i is 3 i + 1, input register i 7 i."""
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

unit = ModbusSlaveContext(
    hr=ModbusSequentialDataBlock(0, [3 * i + 1 for i in range(2100)]),
    ir=ModbusSequentialDataBlock(0, [7 * i & 0xFFFF for i in range(2100)]),
    zero_mode=True,
)
context = ModbusServerContext(slaves={9: unit}, single=False)
print("ready")
if sys.argv[1] == "rtu":
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=115200, timeout=0.02,
                      ignore_missing_slaves=True)
else:
    StartTcpServer(context=context, framer=ModbusSocketFramer, address=(sys.argv[2], int(sys.argv[3])))

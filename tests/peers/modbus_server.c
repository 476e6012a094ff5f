/* A Modbus server by libmodbus: modbus_server rtu PATH | tcp HOST PORT. Unit 9; holding register i is 3 i + 1, input register i 7 i. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int rtu = strcmp(argv[1], "rtu") == 0;
    modbus_t *bus = rtu ? modbus_new_rtu(argv[2], 115200, 'N', 8, 1) : modbus_new_tcp(argv[2], atoi(argv[3]));
    modbus_mapping_t *map = modbus_mapping_new(0, 0, 2100, 2100);
    int listener = -1;
    if (!bus || !map)
        return 1;
    for (int i = 0; i < 2100; i++) {
        map->tab_registers[i] = 3 * i + 1;
        map->tab_input_registers[i] = 7 * i;
    }
    modbus_set_slave(bus, 9);
    if (rtu ? modbus_connect(bus) != 0 : (listener = modbus_tcp_listen(bus, 1)) < 0) {
        fprintf(stderr, "%s\n", modbus_strerror(errno));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    if (!rtu)
        modbus_tcp_accept(bus, &listener);
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    for (;;) {
        int length = modbus_receive(bus, request);
        if (length > 0)
            modbus_reply(bus, request, length, map);
        else if (length < 0 && !rtu)
            return 0;
    }
}

/* A gamepad that the kernel itself presents, through uinput: says "ready", then obeys press, release, end, one a line. */
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int device;

static int event(int type, int code, int value)
{
    struct input_event e = { .type = type, .code = code, .value = value };
    return write(device, &e, sizeof e) == sizeof e;
}

int main(void)
{
    static const int keys[] = { BTN_SOUTH, BTN_EAST, BTN_TL, BTN_TR };
    static const int axes[] = { ABS_X, ABS_Y, ABS_RX, ABS_RY, ABS_HAT0X, ABS_HAT0Y };
    struct uinput_setup setup = { .id = { BUS_VIRTUAL, 0x1209, 0x0001, 1 }, .name = "RobotWorldModel test pad" };
    char line[32];
    device = open("/dev/uinput", O_WRONLY);
    int ok = device >= 0 && ioctl(device, UI_SET_EVBIT, EV_KEY) == 0 && ioctl(device, UI_SET_EVBIT, EV_ABS) == 0;
    for (unsigned i = 0; ok && i < sizeof keys / sizeof *keys; i++)
        ok = ioctl(device, UI_SET_KEYBIT, keys[i]) == 0;
    for (unsigned i = 0; ok && i < sizeof axes / sizeof *axes; i++) {
        struct uinput_abs_setup axis = { .code = axes[i], .absinfo = { .minimum = -32768, .maximum = 32767, .flat = 128 } };
        ok = ioctl(device, UI_ABS_SETUP, &axis) == 0;
    }
    ok = ok && ioctl(device, UI_DEV_SETUP, &setup) == 0 && ioctl(device, UI_DEV_CREATE) == 0;
    puts(ok ? "ready" : "no");
    fflush(stdout);
    while (ok && fgets(line, sizeof line, stdin)) {
        int pressed = strcmp(line, "press\n") == 0;
        if (strcmp(line, "end\n") == 0)
            break;
        ok = event(EV_KEY, BTN_TR, pressed) && event(EV_ABS, ABS_Y, pressed ? -32768 : 0) && event(EV_SYN, SYN_REPORT, 0);
    }
    return !ok;
}

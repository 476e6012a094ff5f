/* Prints what this machine's own headers say of input devices: name and number, one a line. */
#include <linux/input.h>
#include <stddef.h>
#include <stdio.h>

#define SHOW(name, number) printf("%s %lld\n", name, (long long)(number))
#define SIZE(type) SHOW(#type, sizeof(struct type))
#define OFFSET(type, field) SHOW(#type "." #field, offsetof(struct type, field))
#define NUMBER(constant) SHOW(#constant, (unsigned)(constant))

int main(void)
{
    SIZE(input_event);
    SIZE(input_id);
    OFFSET(input_id, vendor);
    OFFSET(input_id, product);
    SIZE(input_absinfo);
    OFFSET(input_absinfo, value);
    OFFSET(input_absinfo, minimum);
    OFFSET(input_absinfo, maximum);
    OFFSET(input_absinfo, flat);
    NUMBER(EVIOCGID);
    SHOW("EVIOCGNAME(255)", (unsigned)EVIOCGNAME(255));
    SHOW("EVIOCGKEY(96)", (unsigned)EVIOCGKEY(96));
    SHOW("EVIOCGBIT(EV_KEY,96)", (unsigned)EVIOCGBIT(EV_KEY, 96));
    SHOW("EVIOCGBIT(EV_ABS,8)", (unsigned)EVIOCGBIT(EV_ABS, 8));
    SHOW("EVIOCGABS(ABS_HAT0Y)", (unsigned)EVIOCGABS(ABS_HAT0Y));
    NUMBER(EVIOCGRAB);
    NUMBER(EVIOCSCLOCKID);
    NUMBER(EV_SYN);
    NUMBER(EV_REL);
    NUMBER(SYN_REPORT);
    NUMBER(SYN_DROPPED);
    NUMBER(KEY_CNT);
    NUMBER(ABS_CNT);
    NUMBER(REL_CNT);
    NUMBER(BTN_0);
    NUMBER(BTN_1);
    NUMBER(BTN_SOUTH);
    NUMBER(BTN_EAST);
    NUMBER(BTN_NORTH);
    NUMBER(BTN_WEST);
    NUMBER(BTN_TL);
    NUMBER(BTN_TR);
    NUMBER(BTN_TL2);
    NUMBER(BTN_TR2);
    NUMBER(BTN_SELECT);
    NUMBER(BTN_START);
    NUMBER(BTN_MODE);
    NUMBER(BTN_THUMBL);
    NUMBER(BTN_THUMBR);
    NUMBER(BTN_TRIGGER);
    NUMBER(BTN_THUMB);
    NUMBER(ABS_X);
    NUMBER(ABS_Y);
    NUMBER(ABS_Z);
    NUMBER(ABS_RX);
    NUMBER(ABS_RY);
    NUMBER(ABS_RZ);
    NUMBER(ABS_THROTTLE);
    NUMBER(ABS_RUDDER);
    NUMBER(ABS_WHEEL);
    NUMBER(ABS_GAS);
    NUMBER(ABS_BRAKE);
    NUMBER(ABS_HAT0X);
    NUMBER(ABS_HAT0Y);
    NUMBER(ABS_HAT1X);
    NUMBER(ABS_HAT1Y);
    return 0;
}

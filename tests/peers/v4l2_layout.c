/* Prints what this machine's own headers say of Video4Linux: name and number, one a line. */
#include <linux/videodev2.h>
#include <stddef.h>
#include <stdio.h>

#define SHOW(name, number) printf("%s %llu\n", name, (unsigned long long)(number))
#define SIZE(type) SHOW(#type, sizeof(struct type))
#define OFFSET(type, field) SHOW(#type "." #field, offsetof(struct type, field))
#define NUMBER(constant) SHOW(#constant, (unsigned)(constant))

int main(void)
{
    SIZE(v4l2_capability);
    OFFSET(v4l2_capability, card);
    OFFSET(v4l2_capability, capabilities);
    OFFSET(v4l2_capability, device_caps);
    SIZE(v4l2_format);
    OFFSET(v4l2_format, fmt.pix.width);
    OFFSET(v4l2_format, fmt.pix.height);
    OFFSET(v4l2_format, fmt.pix.pixelformat);
    OFFSET(v4l2_format, fmt.pix.field);
    OFFSET(v4l2_format, fmt.pix.bytesperline);
    OFFSET(v4l2_format, fmt.pix.sizeimage);
    SIZE(v4l2_fmtdesc);
    OFFSET(v4l2_fmtdesc, pixelformat);
    SIZE(v4l2_frmsizeenum);
    OFFSET(v4l2_frmsizeenum, pixel_format);
    OFFSET(v4l2_frmsizeenum, type);
    OFFSET(v4l2_frmsizeenum, discrete.width);
    OFFSET(v4l2_frmsizeenum, discrete.height);
    SIZE(v4l2_streamparm);
    OFFSET(v4l2_streamparm, parm.capture.capability);
    OFFSET(v4l2_streamparm, parm.capture.timeperframe.numerator);
    OFFSET(v4l2_streamparm, parm.capture.timeperframe.denominator);
    SIZE(v4l2_requestbuffers);
    OFFSET(v4l2_requestbuffers, count);
    OFFSET(v4l2_requestbuffers, type);
    OFFSET(v4l2_requestbuffers, memory);
    SIZE(v4l2_buffer);
    OFFSET(v4l2_buffer, index);
    OFFSET(v4l2_buffer, type);
    OFFSET(v4l2_buffer, bytesused);
    OFFSET(v4l2_buffer, flags);
    OFFSET(v4l2_buffer, timestamp.tv_sec);
    OFFSET(v4l2_buffer, timestamp.tv_usec);
    OFFSET(v4l2_buffer, sequence);
    OFFSET(v4l2_buffer, memory);
    OFFSET(v4l2_buffer, m.offset);
    OFFSET(v4l2_buffer, length);
    SIZE(v4l2_control);
    OFFSET(v4l2_control, value);
    SIZE(v4l2_queryctrl);
    OFFSET(v4l2_queryctrl, minimum);
    OFFSET(v4l2_queryctrl, maximum);
    OFFSET(v4l2_queryctrl, step);
    OFFSET(v4l2_queryctrl, flags);
    NUMBER(VIDIOC_QUERYCAP);
    NUMBER(VIDIOC_ENUM_FMT);
    NUMBER(VIDIOC_S_FMT);
    NUMBER(VIDIOC_REQBUFS);
    NUMBER(VIDIOC_QUERYBUF);
    NUMBER(VIDIOC_QBUF);
    NUMBER(VIDIOC_DQBUF);
    NUMBER(VIDIOC_STREAMON);
    NUMBER(VIDIOC_STREAMOFF);
    NUMBER(VIDIOC_S_PARM);
    NUMBER(VIDIOC_G_CTRL);
    NUMBER(VIDIOC_S_CTRL);
    NUMBER(VIDIOC_QUERYCTRL);
    NUMBER(VIDIOC_ENUM_FRAMESIZES);
    NUMBER(V4L2_CAP_VIDEO_CAPTURE);
    NUMBER(V4L2_CAP_STREAMING);
    NUMBER(V4L2_CAP_DEVICE_CAPS);
    NUMBER(V4L2_BUF_TYPE_VIDEO_CAPTURE);
    NUMBER(V4L2_MEMORY_MMAP);
    NUMBER(V4L2_CAP_TIMEPERFRAME);
    NUMBER(V4L2_FRMSIZE_TYPE_DISCRETE);
    NUMBER(V4L2_BUF_FLAG_ERROR);
    NUMBER(V4L2_BUF_FLAG_TIMESTAMP_MASK);
    NUMBER(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC);
    NUMBER(V4L2_BUF_FLAG_TSTAMP_SRC_MASK);
    NUMBER(V4L2_BUF_FLAG_TSTAMP_SRC_SOE);
    NUMBER(V4L2_CTRL_FLAG_DISABLED);
    NUMBER(V4L2_CTRL_FLAG_READ_ONLY);
    NUMBER(V4L2_CID_AUTO_WHITE_BALANCE);
    NUMBER(V4L2_CID_AUTOGAIN);
    NUMBER(V4L2_CID_GAIN);
    NUMBER(V4L2_CID_WHITE_BALANCE_TEMPERATURE);
    NUMBER(V4L2_CID_EXPOSURE_AUTO);
    NUMBER(V4L2_CID_EXPOSURE_ABSOLUTE);
    NUMBER(V4L2_CID_EXPOSURE_AUTO_PRIORITY);
    NUMBER(V4L2_EXPOSURE_AUTO);
    NUMBER(V4L2_EXPOSURE_MANUAL);
    NUMBER(V4L2_EXPOSURE_APERTURE_PRIORITY);
    NUMBER(V4L2_PIX_FMT_YUYV);
    NUMBER(V4L2_PIX_FMT_MJPEG);
    return 0;
}

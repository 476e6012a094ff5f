// Steps a model in MuJoCo: mujoco_step MODEL.xml. Reads the number of steps, qpos, qvel and one control a step; prints qpos and qvel after
// each step.
#include <mujoco/mujoco.h>
#include <stdio.h>
#include <stdlib.h>

static double number(void)
{
    double value;
    if (scanf("%lf", &value) != 1) {
        fprintf(stderr, "a number is missing\n");
        exit(1);
    }
    return value;
}

int main(int count, char **arguments)
{
    char error[1000] = "";
    mjModel *m = count == 2 ? mj_loadXML(arguments[1], NULL, error, sizeof error) : NULL;
    if (!m) {
        fprintf(stderr, "no model: %s\n", error);
        return 1;
    }
    mjData *d = mj_makeData(m);
    int steps = (int)number();
    for (int i = 0; i < m->nq; i++)
        d->qpos[i] = number();
    for (int i = 0; i < m->nv; i++)
        d->qvel[i] = number();
    for (int n = 0; n < steps; n++) {
        d->ctrl[0] = number();
        mj_step(m, d);
        for (int i = 0; i < m->nq; i++)
            printf("%.17g ", d->qpos[i]);
        for (int i = 0; i < m->nv; i++)
            printf("%.17g%c", d->qvel[i], i + 1 < m->nv ? ' ' : '\n');
    }
    mj_deleteData(d);
    mj_deleteModel(m);
    return 0;
}

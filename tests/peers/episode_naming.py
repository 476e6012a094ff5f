"""Takes numbers of episodes in another process by the format's rule, and commits or discards each at once.

episode_naming.py EPISODES TRASH COUNT  - prints the numbers it took.
"""
import os
import re
import sys

episodes, trash, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def highest(except_name=None):
    numbers = [-1]
    for folder in episodes, trash:
        for name in os.listdir(folder):
            match = re.match(r"demo_(\d{3,})", name)
            # a discarded recording keeps its name in the trash: only the one just made is left out
            if match and not (folder == episodes and name == except_name):
                numbers.append(int(match.group(1)))
    return max(numbers)


taken = []
while len(taken) < count:
    number = highest() + 1
    name = "demo_%03d" % number
    try:
        os.mkdir(os.path.join(episodes, name + ".recording"))
    except FileExistsError:
        continue
    if os.path.exists(os.path.join(episodes, name)) or highest(name + ".recording") >= number:
        os.rmdir(os.path.join(episodes, name + ".recording"))
        continue
    taken.append(number)
    target = os.path.join(trash if len(taken) % 3 == 0 else episodes, name)
    os.rename(os.path.join(episodes, name + ".recording"), target)
print(*taken)

// Each test runs a whole cell in real time and mostly waits for it: two at once leave two cores room, more would not.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

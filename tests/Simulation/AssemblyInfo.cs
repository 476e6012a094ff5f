// Most tests here wait for real sockets and real time, so more of them may go on at once than there are cores.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

// Each test runs a whole cell in real time: side by side they would take the machine from each other. Tried with two at once on two cores:
// about a third less time, and in each run a set-point or pictures that came too late, most likely because a service that starts computes
// in the class that the other one moves its arm in.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Each test runs a whole cell in real time: side by side they would take the machine from each other. Tried with two at once on two cores:
// a third less time, and in each run a set-point or a picture that came too late, because a service that starts computes in the class that
// the other one moves its arm in.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

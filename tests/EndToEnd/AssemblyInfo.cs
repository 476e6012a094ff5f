// Each test runs a whole cell in real time: side by side they would take the machine from each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

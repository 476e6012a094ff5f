namespace RobotWorldModel.Collector.Codecs;

/// <summary>A canonical Huffman code with a limit on its lengths, built again and again in memory of its own.</summary>
/// <param name="symbols">At most 512 symbols, each counted less than 2^22 times.</param>
/// <param name="longest">Most bits of a code; 2^longest must hold all symbols.</param>
internal sealed class HuffmanCode(int symbols, int longest)
{
    private const int SymbolBits = 9;
    private readonly int[] _sorted = new int[symbols];
    private readonly int[] _weights = new int[2 * symbols], _parents = new int[2 * symbols], _depths = new int[2 * symbols];
    private readonly int[] _ofLength = new int[longest + 2], _next = new int[longest + 2];

    /// <summary>Bits of each symbol's code; 0 where it does not occur.</summary>
    public byte[] Lengths { get; } = new byte[symbols];

    /// <summary>The codes, first bit lowest, as deflate sends them.</summary>
    public ushort[] Bits { get; } = new ushort[symbols];

    public void Build(ReadOnlySpan<int> histogram)
    {
        Lengths.AsSpan().Clear();
        int used = 0;
        for (int i = 0; i < symbols; i++)
            if (histogram[i] > 0)
                _sorted[used++] = (histogram[i] << SymbolBits) | i;
        _sorted.AsSpan(0, used).Sort();
        CountLengths(used);
        for (int length = 1, rarest = used - 1; length <= longest; length++)
            for (int n = 0; n < _ofLength[length]; n++)
                Lengths[_sorted[rarest--] & ((1 << SymbolBits) - 1)] = (byte)length;
        AssignBits();
    }

    /// <summary>How many codes of each length: Huffman's tree from two queues, cut at the limit and made to fit again.</summary>
    private void CountLengths(int used)
    {
        _ofLength.AsSpan().Clear();
        if (used == 1)
        {
            _ofLength[1] = 1;
            return;
        }
        int leaf = 0, inner = used, end = used;
        for (int i = 0; i < used; i++)
            _weights[i] = _sorted[i] >> SymbolBits;
        for (; end < 2 * used - 1; end++)
        {
            int a = Lighter(), b = Lighter();
            _weights[end] = _weights[a] + _weights[b];
            _parents[a] = _parents[b] = end;
        }
        _depths[end - 1] = 0;
        for (int i = end - 2; i >= 0; i--)
        {
            _depths[i] = _depths[_parents[i]] + 1;
            if (i < used)
                _ofLength[Math.Min(_depths[i], longest)]++;
        }

        int space = 0; // taken by all codes, in units of the longest (Kraft's sum)
        for (int length = 1; length <= longest; length++)
            space += _ofLength[length] << (longest - length);
        for (; space > 1 << longest; space--)
        {
            // A code one bit longer makes room for itself and for one of the longest beside it: one unit less in all.
            int shorter = longest - 1;
            while (_ofLength[shorter] == 0)
                shorter--;
            _ofLength[shorter]--;
            _ofLength[shorter + 1] += 2;
            _ofLength[longest]--;
        }

        int Lighter() => leaf < used && (inner >= end || _weights[leaf] <= _weights[inner]) ? leaf++ : inner++;
    }

    private void AssignBits()
    {
        int code = 0;
        for (int length = 1; length <= longest; length++)
        {
            _next[length] = code;
            code = (code + _ofLength[length]) << 1;
        }
        for (int i = 0; i < symbols; i++)
        {
            int length = Lengths[i];
            int value = length == 0 ? 0 : _next[length]++;
            int reversed = 0;
            for (int bit = 0; bit < length; bit++)
                reversed |= ((value >> bit) & 1) << (length - 1 - bit);
            Bits[i] = (ushort)reversed;
        }
    }
}

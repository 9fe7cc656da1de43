using System.Buffers;
using System.Runtime.CompilerServices;

namespace Vibe.Hosting.Json;

/// <summary>A growing array from the pool, used as a stack.</summary>
internal struct PooledBuffer<T>(int capacity) : IDisposable
    where T : unmanaged
{
    private T[] _items = ArrayPool<T>.Shared.Rent(capacity);

    public int Count { get; private set; }

    public readonly T[] Items => _items;

    public readonly Span<T> Written => _items.AsSpan(0, Count);

    public readonly ref T Last => ref _items[Count - 1];

    public void Add(T item)
    {
        Reserve(1);
        _items[Count++] = item;
    }

    public void Add(scoped ReadOnlySpan<T> items)
    {
        Reserve(items.Length);
        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    /// <summary>Room behind what is written; <see cref="Commit"/> says how much of it was used.</summary>
    public Span<T> Free(int length)
    {
        Reserve(length);
        return _items.AsSpan(Count);
    }

    public void Commit(int length) => Count += length;

    public void Truncate(int count) => Count = count;

    public void Dispose()
    {
        ArrayPool<T>.Shared.Return(_items);
        _items = [];
        Count = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int length)
    {
        if (_items.Length - Count < length)
        {
            Grow(length);
        }
    }

    private void Grow(int length)
    {
        var doubled = (int)Math.Min(2L * _items.Length, Array.MaxLength);
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(checked(Count + length), doubled));
        Written.CopyTo(larger);
        ArrayPool<T>.Shared.Return(_items);
        _items = larger;
    }
}

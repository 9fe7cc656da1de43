namespace Vibe.Load.Measures;

/// <summary>What a server, and the database server behind it, have used since they started, by the operating system.</summary>
/// <param name="Cpu">Processor time of the server.</param>
/// <param name="DatabaseCpu">Processor time of all processes of the database server, where there is one.</param>
/// <param name="Memory">Resident bytes of the server.</param>
/// <param name="DatabaseMemory">Bytes that the processes of the database server hold, each for itself.</param>
internal sealed record Usage(TimeSpan Cpu, TimeSpan? DatabaseCpu, long Memory, long? DatabaseMemory)
{
    /// <summary>Processor time of the server that its runtime took to compile, as far as it goes on.</summary>
    public TimeSpan Compiler { get; init; }

    public static double? Mebibytes(long? bytes) => bytes / (double)(1 << 20);
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>Something that a process did to a file, or said to somebody.</summary>
/// <param name="Began">Its place in the recording.</param>
/// <param name="Ended">The place at which it was known to be done.</param>
/// <param name="Path">The file or folder; empty for what was said.</param>
internal abstract record Event(int Began, int Ended, string Path);

internal sealed record Wrote(int Began, int Ended, string Path, long Offset, byte[] Content)
    : Event(Began, Ended, Path);

internal sealed record Truncated(int Began, int Ended, string Path, long Length) : Event(Began, Ended, Path);

internal sealed record Synced(int Began, int Ended, string Path) : Event(Began, Ended, Path);

internal sealed record Created(int Began, int Ended, string Path) : Event(Began, Ended, Path);

internal sealed record Removed(int Began, int Ended, string Path) : Event(Began, Ended, Path);

internal sealed record Said(int Began, int Ended, byte[] Content) : Event(Began, Ended, "");

/// <summary>
/// Records everything that a process writes to the files of a folder, syncs, and says over its sockets, in one order, as
/// strace sees it at the border of the kernel.
/// </summary>
internal static partial class Recording
{
    private const string Calls =
        "openat,open,creat,pwrite64,pwritev,write,writev,ftruncate,truncate,fallocate,fdatasync,fsync,msync,"
        + "unlink,unlinkat,rename,renameat,renameat2,sendmsg,sendto";

    /// <summary>The command that starts a process and records it into a file.</summary>
    public static string[] Strace(string file) =>
        [
            FindStrace(),
            "-f",
            "--seccomp-bpf",
            "-y",
            "-xx",
            "-s",
            "4194304",
            "-e",
            "signal=none",
            "-e",
            $"trace={Calls}",
            "-o",
            file,
        ];

    /// <summary>Where strace is; skips the test, visibly, where it is not.</summary>
    public static string FindStrace() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "strace"))
            .FirstOrDefault(File.Exists)
        ?? throw Missing.Exception("strace is not installed, so nothing sees what the server asks of the disk.");

    /// <summary>Reads what was recorded of a folder, ordered by when it began.</summary>
    /// <param name="file">What strace wrote.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="before">The files that were in it before.</param>
    /// <exception cref="InvalidDataException">The process changed its files in a way that is not understood here.</exception>
    public static IReadOnlyList<Event> Read(string file, string folder, IEnumerable<string> before)
    {
        var events = new List<Event>();
        var unfinished = new Dictionary<string, (int Began, string Text)>();
        var known = before.ToHashSet();
        var line = 0;
        foreach (var text in File.ReadLines(file))
        {
            line++;
            var (thread, call) = (text[..text.IndexOf(' ')], text[(text.IndexOf(' ') + 1)..].TrimStart());
            var began = line;
            if (call.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (line, call[..^" <unfinished ...>".Length]);
                continue;
            }
            if (Resumed().Match(call) is { Success: true } resumed)
            {
                (began, var beginning) = unfinished[thread];
                call = beginning + call[resumed.Length..];
            }
            if (Parse(call, began, line, folder) is not { } found)
                continue;
            if (found is Created && !known.Add(found.Path))
                continue;
            if (found is Removed)
                known.Remove(found.Path);
            events.Add(found);
        }
        return [.. events.OrderBy(each => each.Began)];
    }

    private static Event? Parse(string call, int began, int ended, string folder)
    {
        if (Call().Match(call) is not { Success: true } match || match.Groups["result"].Value.StartsWith('-'))
            return null;
        var name = match.Groups["name"].Value;
        var arguments = match.Groups["arguments"].Value;
        if (name is "sendmsg" or "sendto")
            return new Said(began, ended, [.. Quoted().Matches(arguments).SelectMany(each => Bytes(each.Groups[1]))]);
        var named = OfDescriptor().Match(arguments) is { Success: true } open ? open : Quoted().Match(arguments);
        var path = Encoding.UTF8.GetString(Bytes(named.Groups[1]));
        // The index of the log is rebuilt by whoever opens the database first.
        if (!path.StartsWith(folder, StringComparison.Ordinal) || path.EndsWith("-shm", StringComparison.Ordinal))
            return null;
        var numbers = Numbers().Matches(arguments).Select(each => long.Parse(each.Value, CultureInfo.InvariantCulture));
        return name switch
        {
            "pwrite64" => new Wrote(
                began,
                ended,
                path,
                numbers.Last(),
                Bytes(Quoted().Match(arguments).Groups[1])[..int.Parse(match.Groups["result"].Value)]
            ),
            "ftruncate" => new Truncated(began, ended, path, numbers.Last()),
            "fdatasync" or "fsync" => new Synced(began, ended, path),
            "openat" when arguments.Contains("O_CREAT", StringComparison.Ordinal) => new Created(began, ended, path),
            "openat" => null,
            "unlink" => new Removed(began, ended, path),
            _ => throw new InvalidDataException($"{name} on {path} is not understood."),
        };
    }

    private static byte[] Bytes(Group hexadecimal) =>
        Convert.FromHexString(hexadecimal.Value.Replace(@"\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<name>\w+)\((?<arguments>.*)\)\s+= (?<result>-?\d+)")]
    private static partial Regex Call();

    [GeneratedRegex("\"((?:\\\\x[0-9a-f]{2})*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\d+<((?:\\x[0-9a-f]{2})*)>")]
    private static partial Regex OfDescriptor();

    [GeneratedRegex(@"(?<=, )\d+")]
    private static partial Regex Numbers();
}

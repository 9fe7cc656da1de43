using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Vibe.Data.Documents;
using Vibe.Hosting.Errors;

namespace Vibe.Cli.Imports;

/// <summary>Reads JSON Lines and passes on those lines that can be documents, in canonical form; the rest is reported.</summary>
internal sealed class RecordReader(Stream file, RecordIds ids, ImportReport report)
{
    private static readonly DocumentLimits Limits = new();

    public async IAsyncEnumerable<Record> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var number = 0;
        await foreach (var line in LinesAsync(cancellation))
        {
            number++;
            if (line.Trim(" \t\r"u8).IsEmpty)
                continue;
            report.Read();
            if (Take(number, line.Trim("\uFEFF"u8)) is { } record)
                yield return record;
        }
    }

    private Record? Take(int number, ReadOnlyMemory<byte> line)
    {
        try
        {
            var body = DocumentBody.FromJson(line.Span, Limits.Json);
            Limits.CheckShare(body);
            return ids.Give(number, body, report);
        }
        catch (VibeException wrong)
        {
            var path = wrong.Metadata.GetValueOrDefault("path", "");
            report.Refuse(number, path, ErrorReasons.NameOf(wrong.Reason), wrong.Message);
            return null;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1 << 16, leaveOpen: true));
        while (true)
        {
            var result = await pipe.ReadAsync(cancellation);
            var rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                report.Passed(line.Length + 1);
                yield return line.ToArray();
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            if (result.IsCompleted)
            {
                if (!rest.IsEmpty)
                    yield return rest.ToArray();
                yield break;
            }
            pipe.AdvanceTo(rest.Start, rest.End);
        }
    }
}

using Vibe.Load.Peers;

namespace Vibe.Load.Publishing;

/// <summary>Vibe beside other systems.</summary>
internal static class PeerSection
{
    public static void Write(Markdown page, Evidence evidence)
    {
        if (evidence.Peers.Count == 0)
            return;
        page.Heading(2, "Other systems");
        page.Block(
            """
            The same work, each system alone on the machine. The last column is Vibe's rate divided by the system's: below 1 Vibe is
            the slower one. *how* says what is on the disk when a write is answered, or how those who follow are told: where not every
            write is synced, the figure is that of a weaker promise.
            """
        );
        foreach (var report in evidence.Peers)
        {
            page.Table(PeerReport.Titles, report.Lines());
            if (report.Skipped.Count > 0)
                page.List(report.Skipped.Select(skipped => $"Not measured: {skipped}"));
        }
    }
}

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>The one reader of a history: the members of its mask, whether lists bind it, whether it may hold SHARE.</summary>
internal sealed record Reader(int Mask, bool Bound, bool MayShare)
{
    public static readonly string[] AllMembers = ["a", "b", "é", "\U0001F3E0"];

    public bool Sees(string member) => (Mask >> Array.IndexOf(AllMembers, member) & 1) == 1;

    public bool IsIn(AccessList list) => !Bound || list.Reads;

    public bool SeesList(AccessList list) => MayShare && IsIn(list) && (!Bound || list.Shares);
}

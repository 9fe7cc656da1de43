using Grpc.Core;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Identity.V1;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Identity.Accounts;

internal sealed class AccountEndpoints(Database database, AccountStore accounts) : AccountService.AccountServiceBase
{
    public override async Task<GetAccountResponse> GetAccount(GetAccountRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        if (request.Name.Split('/') is not ["accounts", var id] || !Ids.IsId(id))
            throw CallErrors.NameInvalid("name", request.Name, "'accounts/{account}' or 'accounts/me'");
        if (id != "me" && id != caller.Home)
            throw NotFound(request.Name);
        await using var snapshot = await database.ReadAsync(context.CancellationToken);
        var account = await accounts.GetAsync(snapshot, caller.Home, context.CancellationToken);
        return new GetAccountResponse { Account = (account ?? throw NotFound(request.Name)).ToWire(caller) };
    }

    private static VibeException NotFound(string name) =>
        new(
            ErrorReason.ResourceNotFound,
            "There is no such account, or it is not yours to see.",
            new Dictionary<string, string> { ["resource"] = name }
        );
}

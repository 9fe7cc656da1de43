using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Vibe.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Refusals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "refusals",
                columns: table => new
                {
                    space = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    minute = table.Column<long>(type: "bigint", nullable: false),
                    app = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    grant_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    rpc = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    reason = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    count = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_refusals", x => new { x.space, x.minute, x.app, x.grant_id, x.rpc, x.reason });
                });

            migrationBuilder.CreateIndex(
                name: "ix_refusals_minute",
                table: "refusals",
                column: "minute");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "refusals");
        }
    }
}

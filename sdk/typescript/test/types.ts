// What the compiler must refuse; nothing here is run.
import type { VibeClient } from "@vibespace/client";

interface Person {
  name: string;
  age?: number;
  address?: { city: string; zip: string };
}

export async function refused(vibe: VibeClient): Promise<void> {
  const people = vibe.me.collection<Person>("people");
  const ada = people.document("ada");
  const seen = await ada.get();

  // @ts-expect-error A document may be missing.
  console.log(seen.value);
  // @ts-expect-error A misspelt member.
  await ada.update({ nam: "Ada" });
  // @ts-expect-error Members are replaced whole: half an address would lose the other half.
  await ada.update({ address: { city: "London" } });
  // @ts-expect-error Undefined names nothing; null or an edit says what is meant.
  await ada.update({ age: undefined });
  // @ts-expect-error A document of which a member is missing.
  await ada.replace({ age: 36 });
  // @ts-expect-error Only create takes an access list.
  await ada.update({ name: "Ada" }, { acl: {} });
  // @ts-expect-error A wrong type, in a batch as well.
  vibe.me.batch().create(ada, { name: 1 });

  const checked = vibe.me.collection("people", (content) => ({ content, isChecked: true as const }));
  const isChecked: true | undefined = (await checked.document("ada").get())?.value.isChecked;
  console.log(isChecked);
}

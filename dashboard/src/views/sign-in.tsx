/** Asks for a key where the shop has some. */
import type { Words } from '../words/words.ts';

export function SignIn({ words, refused, onKey }: { words: Words; refused: boolean; onKey: (key: string) => void }) {
  return (
    <section class="sign-in">
      <h1>{words.signIn.heading}</h1>
      <p>{words.signIn.text}</p>
      {refused && (
        <p class="note" role="alert">
          {words.signIn.refused}
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onKey(String(new FormData(event.currentTarget).get('key') ?? '').trim());
        }}
      >
        <label for="key">{words.signIn.key}</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
        <button type="submit">{words.signIn.go}</button>
      </form>
    </section>
  );
}

// Common emoji; a name that is missing here is shown between colons.

const EMOJI = {
  "+1": "👍", "-1": "👎", bulb: "💡", clap: "👏", check: "✔️", eyes: "👀", fire: "🔥", grinning: "😀", heart: "❤️",
  hourglass: "⌛", joy: "😂", link: "🔗", mag: "🔍", memo: "📝", newspaper: "📰", open_mouth: "😮", pray: "🙏",
  question: "❓", raised_hands: "🙌", rocket: "🚀", smile: "😄", speech_balloon: "💬", tada: "🎉", thinking_face: "🤔",
  thumbsdown: "👎", thumbsup: "👍", warning: "⚠️", wave: "👋", white_check_mark: "✅", x: "❌",
};

/** The choices of the reaction menu. */
export const REACTIONS = ["+1", "-1", "eyes", "heart", "tada", "thinking_face", "white_check_mark", "rocket"];

/** The character of an emoji's name, or null. */
export function emojiOf(name) {
  return Object.hasOwn(EMOJI, name.split("::")[0]) ? EMOJI[name.split("::")[0]] : null;
}

/** The character of an emoji's name, or the name between colons. */
export function shownEmoji(name) {
  return emojiOf(name) ?? `:${name}:`;
}

/** Where a shop's own services are is not for those who ask it: answers name them without their addresses. */

/** A text with web addresses taken out. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/\bhttps?:\/\/[^\s"'<>,]+/gu, 'its address');
}

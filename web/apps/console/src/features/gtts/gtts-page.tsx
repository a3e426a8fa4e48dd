export function GttsPage() {
  return null
}

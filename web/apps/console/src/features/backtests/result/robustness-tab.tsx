export default function RobustnessTab() {
  return null
}

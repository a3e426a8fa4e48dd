export default function SymbolTest() {
  return null
}

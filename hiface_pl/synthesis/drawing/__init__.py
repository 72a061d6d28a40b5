"""Drawing of synthetic faces: compiled, float32, without torch."""

"""Networks in the TFLite format, run on the CPU by ai-edge-litert."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from jaxtyping import Float32


class TfliteNetwork:
    """A network of one image input, one thread. An instance is used by one thread at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._start()

    def _start(self) -> None:
        self._network = Interpreter(model_content=self._content, num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = sorted(self._network.get_output_details(), key=lambda output: int(np.prod(output["shape"])), reverse=True)
        self._outputs = [output["index"] for output in outputs]

    def __call__(self, image: Float32[np.ndarray, "h w 3"]) -> list[Float32[np.ndarray, "..."]]:
        """The outputs, the largest first."""
        self._network.set_tensor(self._input, image[None])
        self._network.invoke()
        return [self._network.get_tensor(index)[0] for index in self._outputs]

    def __getstate__(self) -> bytes:
        """An interpreter cannot be copied to another process: it is started anew there."""
        return self._content

    def __setstate__(self, content: bytes) -> None:
        self._content = content
        self._start()

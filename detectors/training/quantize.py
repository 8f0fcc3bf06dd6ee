"""Makes the encoder smaller and faster: weights in 8 bits (`make encoder` calls it).

python -m detectors.training.quantize WHOLE.onnx SMALL.onnx
"""

import sys

from onnxruntime.quantization import QuantType, quantize_dynamic


def main() -> None:
    """Read the whole model, write the small one."""
    whole, small = sys.argv[1:]
    quantize_dynamic(whole, small, weight_type=QuantType.QInt8)


if __name__ == "__main__":
    main()

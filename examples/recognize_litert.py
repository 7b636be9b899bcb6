# Who is it? An embedding in LiteRT and the recognizer beside it: python recognize_litert.py MODEL RECOGNIZER PICTURES
import json, struct, sys
from pathlib import Path
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

def read_recognizer(folder):
    record = json.loads((folder / "recognizer.json").read_text(encoding="utf8"))
    data = (folder / record["gallery"]["file"]).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    rows = np.frombuffer(data[start:], "<f4").reshape(record["gallery"]["rows"], record["network"]["length"])
    unit = lambda v: v / np.linalg.norm(v)
    mean = lambda person: unit(rows[[picture["row"] for picture in person["pictures"]]].sum(axis=0))
    people = [(p["name"], rows[p["prototype"]] if "prototype" in p else mean(p), rows[[n["row"] for n in p["negatives"]]])
              for p in record["people"] if p["pictures"] or "prototype" in p]
    return people, record["threshold"]["value"]


def who(face, people, threshold):
    for similarity, name, negatives in sorted(((face @ mean, name, no) for name, mean, no in people), key=lambda x: -x[0]):
        if similarity >= threshold and not any(negatives @ face > similarity):
            return name, similarity
    return "unknown", max(face @ mean for _, mean, _ in people)


people, threshold = read_recognizer(Path(sys.argv[2]))
network = Interpreter(sys.argv[1])
network.allocate_tensors()
facts = json.loads(Path(sys.argv[1] + ".card.json").read_text(encoding="utf8"))["facts"]["input"]
own = facts["scaling"]
for file in sys.argv[3:]:
    edge = (facts["resize"] - facts["width"]) // 2
    picture = Image.open(file).convert("RGB").resize((facts["resize"],) * 2, Image.BILINEAR)
    pixels = np.asarray(picture, np.float32)[edge:edge + facts["width"], edge:edge + facts["width"]]
    scaled = pixels / 127.5 - 1 if isinstance(own, str) else pixels * np.float32(own["scale"]) + np.float32(own["shift"])
    network.set_tensor(network.get_input_details()[0]["index"], scaled[None].astype(np.float32))
    network.invoke()
    output = network.get_tensor(network.get_output_details()[0]["index"]).ravel()
    print(file, *who(output / np.linalg.norm(output), people, threshold))

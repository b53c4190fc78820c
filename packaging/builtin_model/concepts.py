"""Everyday words for the training labels.

LABEL_NAMES: better names for labels whose own spelling nobody would type; tried before the
label's own words. EVERYDAY_NAMES: what people also call a label, by its first name; tried after
it. CONCEPTS: a general word and the first synonyms of the labels that are one; searching `dog`
must find every breed although no label says `dog`. CAPTION_WORDS: the words of captions that say
as much about a captioned picture; some of these general words have no label.
"""

from typing import Final

LABEL_NAMES: Final[dict[str, list[str]]] = {
    "faces": ["face", "human face", "portrait", "person"],
    "faces easy": ["face close up", "close-up of a face"],
    "car side": ["car from the side", "side view of a car"],
    "airplanes": ["airplane", "plane", "aeroplane", "aircraft"],
    "motorbikes": ["motorbike", "motorcycle"],
    "leopards": ["leopard"],
    "cougar body": ["cougar body"],
    "cougar face": ["cougar face"],
    "crocodile head": ["head of a crocodile"],
    "flamingo head": ["head of a flamingo"],
    "water lilly": ["water lily", "water lilly"],
    "cellphone": ["cellphone", "mobile phone", "cell phone", "phone"],
    "headphone": ["headphone", "headphones"],
    "binocular": ["binocular"],
    "bass": ["bass", "bass fish"],
    "watch": ["watch", "wristwatch"],
    "inline skate": ["inline skate", "roller skate"],
    "rhino": ["rhino", "rhinoceros"],
    "rooster": ["rooster", "cock"],
    "sea horse": ["sea horse", "seahorse"],
    "hawksbill": ["hawksbill", "sea turtle", "turtle"],
    "ketch": ["ketch", "sailing boat"],
    "schooner": ["schooner", "sailing ship"],
    "snoopy": ["snoopy", "snoopy cartoon"],
    "garfield": ["garfield", "garfield cartoon"],
    "inside city": ["inside city", "city", "in the city"],
    "open country": ["open country", "countryside", "landscape"],
    "tall building": ["tall building", "skyscraper"],
    "house front": ["house front", "front of a house"],
    "coast": ["coast"],
    "industrial": ["industrial", "factory", "industrial plant"],
    "highway": ["highway", "motorway"],
    "store": ["store", "shop"],
    "cup cakes": ["cup cakes", "cupcake"],
    "donuts": ["donuts", "doughnut"],
}

EVERYDAY_NAMES: Final[dict[str, list[str]]] = {
    "alp": ["alps", "snowy mountain", "mountain peak"],
    "hog": ["pig"],
    "tabby": ["tabby cat", "house cat"],
    "egyptian cat": ["cat"],
    "standard poodle": ["poodle"],
    "german shepherd": ["sheepdog"],
    "labrador retriever": ["labrador"],
    "cougar": ["puma"],
    "lesser panda": ["red panda"],
    "arabian camel": ["camel"],
    "african elephant": ["elephant"],
    "american alligator": ["alligator"],
    "american lobster": ["lobster"],
    "king penguin": ["penguin"],
    "black stork": ["stork"],
    "monarch": ["orange butterfly"],
    "sulphur butterfly": ["yellow butterfly"],
    "suspension bridge": ["bridge"],
    "refrigerator": ["fridge"],
    "lawn mower": ["lawnmower"],
    "frying pan": ["pan"],
    "ipod": ["music player"],
    "limousine": ["long car"],
    "beacon": ["light tower"],
    "seashore": ["beach", "sea shore"],
    "miniskirt": ["short skirt"],
    "swimming trunks": ["swim shorts"],
    "fur coat": ["coat"],
    "comic book": ["comic"],
    "computer keyboard": ["keyboard"],
    "dining table": ["table"],
    "military uniform": ["soldier"],
    "cliff dwelling": ["cave dwelling"],
    "bullet train": ["fast train"],
    "police van": ["police car"],
    "moving van": ["removal van", "lorry"],
    "espresso": ["coffee", "cup of coffee"],
    "hamburger": ["burger", "cheeseburger"],
    "french fries": ["fries", "chips"],
    "macaroni and cheese": ["mac and cheese"],
    "creme brulee": ["crème brûlée"],
    "spaghetti bolognese": ["spaghetti with meat sauce"],
    "gyoza": ["fried dumplings"],
    "pho": ["vietnamese noodle soup"],
    "pad thai": ["thai noodles"],
    "huevos rancheros": ["mexican eggs"],
    "soccer ball": ["football"],
    "roses": ["rose"],
    "tulips": ["tulip"],
    "sunflowers": ["sunflower"],
    "mountain": ["mountains", "hills"],
    "living room": ["lounge", "sitting room"],
    "forest": ["woods", "trees"],
    "office": ["workplace"],
    "street": ["street in a town"],
    "suburb": ["houses in a suburb"],
    "laptop": ["notebook computer"],
    "electric guitar": ["guitar"],
    "grand piano": ["piano"],
    "dollar bill": ["money", "banknote"],
    "hawksbill": ["turtle"],
    "yin yang": ["yin and yang symbol"],
    "gramophone": ["record player"],
    "ceiling fan": ["fan"],
    "euphonium": ["tuba", "brass instrument"],
    "ewer": ["jug", "pitcher"],
    "ketch": ["yacht"],
    "revolver": ["gun", "pistol"],
    "wrench": ["spanner"],
    "nautilus": ["shell"],
}

_DOGS = (
    "Chihuahua|German shepherd|Labrador retriever|Yorkshire terrier|golden retriever|"
    "standard poodle|dalmatian"
)
_CATS = "Egyptian cat|Persian cat|tabby|wild cat"
_BIG_CATS = "cougar|cougar body|cougar face|leopards|lion"
_BIRDS = (
    "albatross|black stork|crane|goose|king penguin|emu|flamingo|flamingo head|ibis|pigeon|rooster"
)
_INSECTS = (
    "bee|cockroach|dragonfly|fly|grasshopper|ladybug|mantis|monarch|sulphur butterfly|"
    "walking stick|ant|butterfly|mayfly"
)
_REPTILES = "American alligator|boa constrictor|crocodile|crocodile head|hawksbill"
_AMPHIBIANS = "European fire salamander|bullfrog|tailed frog"
_SEA = (
    "American lobster|brain coral|coral reef|dugong|goldfish|jellyfish|sea cucumber|sea slug|"
    "spiny lobster|bass|crab|crayfish|dolphin|lobster|nautilus|octopus|sea horse|starfish"
)
_MAMMALS = (
    "African elephant|Arabian camel|baboon|bighorn|bison|brown bear|chimpanzee|gazelle|guinea pig|"
    "hog|koala|lesser panda|orangutan|ox|beaver|elephant|gerenuk|hedgehog|kangaroo|llama|okapi|"
    "panda|platypus|rhino"
)
_CARS = "beach wagon|convertible|limousine|sports car|car side"
_BOATS = "gondola|lifeboat|ferry|ketch|schooner"
_FRUIT = "banana|lemon|orange|pomegranate|strawberry"
_SWEETS = (
    "ice cream|ice lolly|confectionery|apple pie|baklava|beignets|bread pudding|cannoli|"
    "carrot cake|cheesecake|chocolate cake|chocolate mousse|churros|creme brulee|cup cakes|donuts|"
    "frozen yogurt|macarons|panna cotta|red velvet cake|strawberry shortcake|tiramisu|waffles|"
    "pancakes"
)
_SAVOURY = (
    "pizza|meat loaf|mashed potato|potpie|guacamole|baby back ribs|chicken curry|chicken wings|"
    "club sandwich|fish and chips|french fries|fried rice|greek salad|hamburger|hot dog|lasagna|"
    "nachos|omelette|paella|ramen|ravioli|sashimi|spaghetti bolognese|spaghetti carbonara|"
    "spring rolls|steak|sushi|tacos|caesar salad|pad thai|pho|dumplings|grilled salmon|samosa"
)
_INSTRUMENTS = (
    "accordion|electric guitar|euphonium|grand piano|mandolin|saxophone|oboe|organ|drumstick"
)
_BUILDINGS = (
    "barn|beacon|cliff dwelling|triumphal arch|obelisk|water tower|minaret|pagoda|pyramid|"
    "house front|tall building"
)
_CLOTHES = (
    "academic gown|apron|bikini|bow tie|cardigan|fur coat|kimono|military uniform|miniskirt|"
    "poncho|sandal|sock|sombrero|swimming trunks|vestment"
)
_FLOWERS = "daisy|dandelion|roses|sunflowers|tulips|sunflower|water lilly|lotus"

CONCEPTS: Final[dict[str, str]] = {
    "dog": _DOGS,
    "puppy": _DOGS,
    "cat": _CATS,
    "pet": f"{_DOGS}|{_CATS}|guinea pig|goldfish",
    "wild animal": f"{_BIG_CATS}|African elephant|brown bear|gazelle|elephant|bison",
    "big cat": _BIG_CATS,
    "bird": _BIRDS,
    "insect": _INSECTS,
    "bug": _INSECTS,
    "butterfly": "monarch|sulphur butterfly|butterfly",
    "spider": "black widow|tarantula",
    "snake": "boa constrictor",
    "reptile": _REPTILES,
    "frog": "bullfrog|tailed frog",
    "amphibian": _AMPHIBIANS,
    "fish": "goldfish|bass",
    "sea animal": _SEA,
    "monkey": "baboon|chimpanzee|orangutan",
    "ape": "chimpanzee|orangutan",
    "bear": "brown bear|koala|panda",
    "elephant": "African elephant|elephant",
    "animal": f"{_DOGS}|{_CATS}|{_BIG_CATS}|{_BIRDS}|{_REPTILES}|{_AMPHIBIANS}|{_MAMMALS}",
    "mammal": f"{_DOGS}|{_CATS}|{_BIG_CATS}|{_MAMMALS}",
    "crocodile": "American alligator|crocodile|crocodile head",
    "car": _CARS,
    "boat": _BOATS,
    "ship": "ferry|ketch|schooner|lifeboat",
    "bus": "school bus|trolleybus",
    "train": "bullet train|freight car",
    "vehicle": f"{_CARS}|school bus|trolleybus|moving van|police van|tractor|go-kart|motorbikes",
    "aircraft": "airplanes|helicopter",
    "fruit": _FRUIT,
    "vegetable": "bell pepper|cauliflower|mushroom|edamame",
    "food": f"{_FRUIT}|{_SWEETS}|{_SAVOURY}",
    "dessert": _SWEETS,
    "cake": "carrot cake|cheesecake|chocolate cake|cup cakes|red velvet cake|strawberry shortcake",
    "meal": _SAVOURY,
    "dinner": _SAVOURY,
    "meat": "baby back ribs|filet mignon|pork chop|prime rib|steak|peking duck|meat loaf",
    "salad": "beet salad|caesar salad|caprese salad|greek salad|seaweed salad",
    "soup": "clam chowder|french onion soup|hot and sour soup|lobster bisque|miso soup|pho|ramen",
    "pasta": "lasagna|gnocchi|macaroni and cheese|ravioli|spaghetti bolognese|spaghetti carbonara",
    "noodles": "pad thai|pho|ramen|spaghetti bolognese|spaghetti carbonara",
    "sandwich": "club sandwich|grilled cheese sandwich|lobster roll sandwich|croque madame",
    "seafood": "grilled salmon|mussels|oysters|scallops|fried calamari|crab cakes|sashimi|sushi",
    "fast food": "hamburger|hot dog|french fries|pizza|tacos|nachos|onion rings",
    "bottle": "beer bottle|pill bottle|pop bottle",
    "bridge": "steel arch bridge|suspension bridge|viaduct",
    "building": _BUILDINGS,
    "tower": "beacon|obelisk|water tower|minaret|pagoda",
    "musical instrument": _INSTRUMENTS,
    "guitar": "electric guitar|mandolin",
    "clothes": _CLOTHES,
    "clothing": _CLOTHES,
    "furniture": "desk|dining table|rocking chair|chair|windsor chair|chest",
    "chair": "rocking chair|chair|windsor chair",
    "flower": _FLOWERS,
    "plant": f"{_FLOWERS}|bonsai|joshua tree",
    "tree": "bonsai|joshua tree|forest",
    "room": "bedroom|kitchen|living room|bathroom|office",
    "indoors": "bedroom|kitchen|living room|bathroom|office|store",
    "house": "house front|suburb|barn",
    "city": "inside city|street|tall building",
    "nature": "forest|mountain|open country|coast|alp|seashore|lakeside|cliff",
    "landscape": "mountain|open country|coast|alp|seashore|lakeside|cliff|forest",
    "mountains": "alp|mountain|cliff",
    "beach": "seashore|coast",
    "sea": "seashore|coast|coral reef|schooner",
    "ocean": "seashore|coast|coral reef",
    "lake": "lakeside",
    "road": "highway|street",
    "ball": "basketball|rugby ball|volleyball|soccer ball",
    "dinosaur": "brontosaurus|stegosaurus",
    "cartoon": "garfield|snoopy",
    "computer": "laptop|computer keyboard",
    "phone": "cellphone|pay-phone",
    "weapon": "cannon|revolver|projectile",
    "tool": "scissors|stapler|wrench|broom|plunger",
    "lamp": "lamp|lampshade|chandelier|torch",
    "hat": "sombrero",
    "breakfast": "pancakes|waffles|eggs benedict|french toast|omelette|breakfast burrito",
    "lunch": _SAVOURY,
    "bread": "garlic bread|bruschetta|pretzel|french toast",
    "eggs": "deviled eggs|eggs benedict|omelette|huevos rancheros",
    "chocolate": "chocolate cake|chocolate mousse",
    "asian food": "sushi|sashimi|ramen|pho|pad thai|gyoza|dumplings|bibimbap|spring rolls|takoyaki",
    "italian food": "pizza|lasagna|ravioli|gnocchi|risotto|spaghetti bolognese|tiramisu|cannoli",
    "mexican food": "tacos|nachos|guacamole|chicken quesadilla|breakfast burrito|huevos rancheros",
    "drink": "espresso|pop bottle|beer bottle",
    "kitchenware": "frying pan|wok|teapot|plate|wooden spoon|cup|ewer|water jug",
    "toy": "teddy",
    "statue": "buddha",
    "temple": "pagoda",
    "monument": "triumphal arch|obelisk|pyramid",
    "rodent": "guinea pig|beaver",
    "scenery": "mountain|open country|coast|alp|seashore|lakeside|cliff|forest",
    "summer": "seashore|bikini|swimming trunks",
    "yellow flower": "dandelion|sunflowers|sunflower",
}

_PEOPLE = (
    "man|men|woman|women|boy|boys|girl|girls|child|children|kid|kids|person|people|lady|ladies|"
    "guy|guys|baby|toddler|couple|crowd|player|players|rider|biker|skier|climber|surfer|hiker|"
    "skateboarder|snowboarder|swimmer|runner|teenager|teenagers|friends|adults|adult|someone"
)
_SPORT = (
    "soccer|football|basketball|baseball|tennis|hockey|volleyball|rugby|golf|race|racing|surfing|"
    "skateboard|skateboarding|skateboarder|snowboard|snowboarding|snowboarder|skiing|skier|"
    "surfer|wakeboarding|kayaking|climbing|biker|cyclist|motocross|game|player|players|match"
)

CAPTION_WORDS: Final[dict[str, str]] = {
    "dog": "dog|dogs|puppy|puppies|poodle|terrier|retriever|greyhound|greyhounds|labrador",
    "animal": "dog|dogs|puppy|horse|horses|cat|bird|birds|cow|cows|animal|animals|goat|sheep",
    "pet": "dog|dogs|puppy|puppies|cat|kitten",
    "bird": "bird|birds|seagull|seagulls|duck|ducks|goose|geese|pigeon|pigeons|eagle|hawk",
    "person": _PEOPLE,
    "people": _PEOPLE,
    "man": "man|men|guy|guys",
    "woman": "woman|women|lady|ladies",
    "child": "boy|boys|girl|girls|child|children|kid|kids|toddler|baby",
    "children": "boys|girls|children|kids",
    "baby": "baby|toddler|infant",
    "family": "family|mother|father|parents|mom|dad",
    "crowd": "crowd|crowded|audience|parade|concert|festival",
    "sport": _SPORT,
    "water": "water|lake|ocean|sea|river|pool|waves|wave|beach|pond|swimming|surfing",
    "beach": "beach|shore|surf",
    "sea": "ocean|sea|surf|waves|wave|surfing|surfer",
    "swimming pool": "pool",
    "snow": "snow|snowy|skiing|skier|snowboarder|snowboarding|ski|sled|snowboard",
    "winter": "snow|snowy|skiing|skier|snowboarder|ski|sled|winter|ice",
    "grass": "grass|grassy|lawn|meadow",
    "bicycle": "bike|bicycle|bikes|bicycles|biker|cyclist|cyclists|bicyclist",
    "motorcycle": "motorcycle|motorbike|motocross|dirtbike",
    "boat": "boat|boats|canoe|kayak|raft|sailboat",
    "car": "car|cars|taxi",
    "vehicle": "car|cars|truck|bus|motorcycle|van|train|boat|vehicle",
    "mountains": "mountain|mountains|mountainside|cliff|peak",
    "climbing": "climbing|climber|climbs|climb|climbers",
    "jumping": "jumping|jumps|jump|leaps|leaping|midair",
    "running": "running|runs|run|racing|race",
    "street": "street|sidewalk|road|crosswalk|intersection",
    "city": "city|street|sidewalk|building|buildings|downtown",
    "night": "night|nighttime|fireworks",
    "sunset": "sunset|dusk|sunrise|silhouette|silhouettes",
    "food": "food|eating|eats|meal|cake|restaurant|dinner",
    "music": "guitar|music|musician|musicians|band|drums|singing|singer|concert",
    "smiling": "smiling|smiles|smile|laughing|laughs|happy",
    "swimming": "swimming|swims|swim|swimmer",
    "playing": "playing|plays|play",
}
# No picture of one of these shows what only captions have words for.
PLAIN: Final = ("food", "flower")
